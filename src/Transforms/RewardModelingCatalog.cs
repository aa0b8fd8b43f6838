using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Preference data, teacher transforms and reward models for ML.NET; reached as <c>mlContext.RewardModeling</c>.
/// </summary>
public sealed class RewardModelingCatalog
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
    /// texts are empty, unknown numbers NaN. TeacherStatus is the file's status, else "ok", and "unlabelled" where
    /// nobody has said which answer is better.
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

    private sealed class StatusRow
    {
        public string TeacherStatus { get; set; } = string.Empty;
    }
}
