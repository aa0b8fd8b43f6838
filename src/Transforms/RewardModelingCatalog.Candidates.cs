using Microsoft.Extensions.AI;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <content>Prompts with several answers: load, sample, rank, turn into pairs.</content>
public sealed partial class RewardModelingCatalog
{
    /// <summary>
    /// Loads a file of prompts with candidate answers (see <see cref="CandidateFile"/>) into memory. Columns, all text: Id, Prompt,
    /// Candidates (see <see cref="CandidateList"/>; empty where the row has none), TeacherStatus.
    /// </summary>
    /// <param name="path">A .jsonl or .jsonl.gz file.</param>
    /// <exception cref="RewardModelingException">The file or a row cannot be read; the message names path and line.</exception>
    public IDataView LoadCandidates(string path) => LoadCandidates(CandidateFile.Read(path));

    /// <summary>Loads prompts with candidate answers; the columns are those of <see cref="LoadCandidates(string)"/>.</summary>
    /// <param name="sets">The rows; read once, now.</param>
    public IDataView LoadCandidates(IEnumerable<CandidateSet> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        return Context.Data.LoadFromEnumerable(sets.Select(CandidateRow.From).ToList());
    }

    /// <summary>
    /// Has several models answer every prompt: the candidate pool of RM-Distiller (arXiv 2601.14032). Reads Prompt; outputs
    /// Candidates, one list a row, and TeacherStatus. Models times samples calls a row.
    /// </summary>
    /// <param name="models">Chat clients; a <see cref="TeacherClient"/> is used as it is, another one is wrapped with the options'
    /// settings.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <exception cref="ArgumentException">There is no model, or options are out of range; every error is named.</exception>
    public SampleCandidatesEstimator SampleCandidates(IReadOnlyList<IChatClient> models, SampleCandidatesOptions? options = null) => new(Environment, models, options);

    /// <summary>
    /// Has the teacher rate the N >= 2 answers of every prompt. Outputs Candidates (scored, best first), and the best and worst
    /// answer as Chosen, Rejected, ChosenScore, RejectedScore, Margin, ScoreDisagreement and TeacherStatus, so that further
    /// transforms can follow; <see cref="ExpandPairs"/> makes more pairs of a list. What it costs says <see cref="CandidateRating"/>.
    /// </summary>
    /// <inheritdoc cref="TeacherRespond"/>
    public RankCandidatesEstimator RankCandidates(IChatClient teacher, RankCandidatesOptions? options = null) => new(Environment, teacher, options);

    /// <summary>
    /// Makes pairs of ranked lists: a view with the columns of <see cref="LoadPairs(string)"/>, its rows in the order of the lists,
    /// with ids such as <c>q7/1-3</c> (the row's id and the ranks). Lists whose status is not "ok", and pairs that are too close, give
    /// no row; their numbers are logged. Not a transform, because it changes the number of rows.
    /// </summary>
    /// <param name="view">Data with Id, Prompt, Candidates and TeacherStatus; read once, now.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; every error is named.</exception>
    public IDataView ExpandPairs(IDataView view, ExpandPairsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(view);
        options ??= new ExpandPairsOptions();
        options.Validate();
        CandidateSet[] sets = [.. ReadCandidates(view)];
        PreferencePair[] pairs = [.. sets.Where(s => s.Status == TeacherStatus.Ok).SelectMany(s => CandidatePairs.Of(s, options))];
        using IChannel channel = Environment.Register(nameof(RewardModelingCatalog)).Start(nameof(ExpandPairs));
        channel.Info(MessageSensitivity.None, "{0} pairs from {1} lists, {2} lists not usable", pairs.Length, sets.Length, sets.Count(s => s.Status != TeacherStatus.Ok));
        return LoadPairs(pairs);
    }

    /// <summary>
    /// Writes the lists as JSON Lines (see <see cref="CandidateFile"/>), in the order of the view. The file appears only when it is
    /// complete; the same rows give the same bytes.
    /// </summary>
    /// <param name="view">Data with Id, Prompt, Candidates and TeacherStatus.</param>
    /// <param name="path">A path that ends in .jsonl or .jsonl.gz.</param>
    /// <param name="rowsDone">Gets the number of rows written so far, after each. Default null.</param>
    /// <param name="cancellationToken">Stops between rows; then no file is written.</param>
    /// <exception cref="RewardModelingException">The file cannot be written, or the teacher stopped the work.</exception>
    public SavedCandidates SaveCandidates(IDataView view, string path, IProgress<int>? rowsDone = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        int answers = 0;
        int scored = 0;
        StatusCounts rows = new();
        StatusCounts candidates = new();
        CandidateFile.Write(path, Sets());
        return new SavedCandidates(path, rows.Rows, rows.Usable, rows.Failures, answers, scored, candidates.Failures);

        IEnumerable<CandidateSet> Sets()
        {
            foreach (CandidateSet set in ReadCandidates(view))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (Candidate candidate in set.Candidates)
                {
                    answers += candidate.Response.Length > 0 ? 1 : 0;
                    scored += candidate is { Response.Length: > 0, Score: not null } ? 1 : 0;
                    candidates.Add(candidate.Status ?? TeacherStatus.Ok);
                }

                yield return set;
                rows.Add(set.Status ?? TeacherStatus.Ok);
                rowsDone?.Report(rows.Rows);
            }
        }
    }

    private IEnumerable<CandidateSet> ReadCandidates(IDataView view)
        => Context.Data.CreateEnumerable<CandidateRow>(view, reuseRowObject: true).Select(row => row.ToSet());
}
