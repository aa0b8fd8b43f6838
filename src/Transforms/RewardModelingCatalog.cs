using Microsoft.Extensions.AI;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Preference data, teacher transforms and reward models for ML.NET; reached as <c>mlContext.RewardModeling</c>.
/// </summary>
public sealed partial class RewardModelingCatalog
{
    internal RewardModelingCatalog(MLContext context)
    {
        Context = context;
    }

    /// <summary>The context that this catalog belongs to; its seed and log serve everything made here.</summary>
    public MLContext Context { get; }

    /// <summary>The environment for components.</summary>
    internal IHostEnvironment Environment => Context;

    /// <summary>
    /// Loads a file of preference pairs (see <see cref="PairFile"/>) into memory. Columns: Id, Prompt, Chosen, Rejected,
    /// TeacherResponse, TeacherStatus (text) and ChosenScore, RejectedScore, Margin, EditSimilarity (Single); unknown
    /// texts are empty, unknown numbers NaN. TeacherStatus is the file's status, else "ok", "unlabelled" where
    /// nobody has said which answer is better, and "equal-answers" where both are the same text.
    /// </summary>
    /// <param name="path">A .jsonl, .jsonl.gz or .parquet file.</param>
    /// <exception cref="RewardModelingException">The file or a row cannot be read; the message names path and line.</exception>
    public IDataView LoadPairs(string path) => LoadPairs(PairFile.Read(path));

    /// <summary>Loads preference pairs; the columns are those of <see cref="LoadPairs(string)"/>.</summary>
    /// <param name="pairs">The pairs; read once, now.</param>
    public IDataView LoadPairs(IEnumerable<PreferencePair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return Context.Data.LoadFromEnumerable(pairs.Select(PairRow.From).ToList());
    }

    /// <summary>Keeps the rows whose status is "ok". Reading the status of a teacher transform asks the teacher.</summary>
    /// <param name="view">Data with the column <see cref="RewardColumns.TeacherStatus"/>.</param>
    public IDataView KeepUsable(IDataView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return Context.Data.FilterByCustomPredicate<StatusRow>(view, row => row.TeacherStatus != TeacherStatus.Ok);
    }

    /// <summary>
    /// Adds the column TeacherResponse, the teacher's own answer, where it is empty. Reads Prompt; adds TeacherStatus.
    /// </summary>
    /// <param name="teacher">Any chat client; a <see cref="TeacherClient"/> is used as it is, another one is wrapped
    /// with the options' settings.</param>
    /// <param name="options">Null takes the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; every error is named.</exception>
    public TeacherRespondEstimator TeacherRespond(IChatClient teacher, TeacherRespondOptions? options = null) => new(Environment, teacher, options);

    /// <summary>
    /// Has the teacher rate both answers in both orders. Outputs Chosen, Rejected, ChosenScore, RejectedScore, Margin,
    /// ScoreDisagreement and TeacherStatus; near ties are marked.
    /// </summary>
    /// <inheritdoc cref="TeacherRespond"/>
    public TeacherScoreMarginEstimator TeacherScoreMargin(IChatClient teacher, TeacherScoreMarginOptions? options = null) => new(Environment, teacher, options);

    /// <summary>
    /// Has the teacher answer the prompt, edit the rejected answer minimally and rate its edit (RM-Distiller,
    /// arXiv 2601.14032). Outputs TeacherResponse, RefinedChosen, ChosenScore, Margin, EditSimilarity and TeacherStatus.
    /// </summary>
    /// <inheritdoc cref="TeacherRespond"/>
    public TeacherRefinePairsEstimator TeacherRefinePairs(IChatClient teacher, TeacherRefinePairsOptions? options = null) => new(Environment, teacher, options);

    /// <summary>
    /// Writes the rows as JSON Lines with <c>id, prompt, chosen, rejected, chosen_score, rejected_score, margin,
    /// teacher_response, edit_similarity, status</c>, in the order of the view; <c>chosen</c> is the edited answer where
    /// there is one. The file appears only when it is complete; the same rows give the same bytes.
    /// </summary>
    /// <param name="view">Data with the default column names; only Prompt, Chosen and Rejected must be there.</param>
    /// <param name="path">A path that ends in .jsonl or .jsonl.gz.</param>
    /// <param name="rowsDone">Gets the number of rows written so far, after each. Default null.</param>
    /// <param name="cancellationToken">Stops between rows; then no file is written.</param>
    /// <exception cref="RewardModelingException">The file cannot be written, or the teacher stopped the work.</exception>
    public SavedPairs SavePairs(IDataView view, string path, IProgress<int>? rowsDone = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(view);
        double similarities = 0;
        int edits = 0;
        StatusCounts rows = new();
        PairFile.Write(path, Pairs());
        SavedPairs saved = new(path, rows.Rows, rows.Usable, rows.Failures, edits == 0 ? float.NaN : (float)(similarities / edits));
        using IChannel channel = Environment.Register(nameof(RewardModelingCatalog)).Start(nameof(SavePairs));
        channel.Info(MessageSensitivity.None, "{0}", saved);
        return saved;

        IEnumerable<PreferencePair> Pairs()
        {
            foreach (PairRow row in PairRows.Read(view))
            {
                cancellationToken.ThrowIfCancellationRequested();
                PreferencePair pair = row.ToPair();
                if (pair.Status == TeacherStatus.Ok && pair.EditSimilarity is { } similarity)
                {
                    similarities += similarity;
                    edits++;
                }

                yield return pair;
                rows.Add(pair.Status!);
                rowsDone?.Report(rows.Rows);
            }
        }
    }

    private sealed class StatusRow
    {
        public string TeacherStatus { get; set; } = string.Empty;
    }
}
