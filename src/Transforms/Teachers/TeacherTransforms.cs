using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What the teacher transforms have in common.</summary>
internal static class TeacherTransforms
{
    /// <summary>Rows in work per permitted request: enough that a slow row does not leave a permit idle.</summary>
    private const int RowsPerPermit = 2;

    /// <summary>Rows that may be done while a slower row before them is not (it may wait a minute for its retry).</summary>
    private const int RowsAheadPerPermit = 32;

    public static int RowsAhead(TeacherClient client) => RowsAheadPerPermit * client.Options.Concurrency;

    public static int RowsInFlight(TeacherClient client) => RowsPerPermit * client.Options.Concurrency;

    /// <summary>
    /// Teacher transforms prepare training data. A file cannot hold a connection to a teacher, and a pipeline that is served
    /// must not pay for one, so what is saved in their place passes rows through.
    /// </summary>
    public static void SavePassThrough(ModelSaveContext context) => ((ICanSaveModel)new TransformerChain<ITransformer>()).Save(context);

    /// <summary>Empty reads as ok: the data had no status.</summary>
    public static string StatusOf(BatchRows rows, int input, int row)
        => rows.GetText(input, row) is { IsEmpty: false } status ? status.ToString() : TeacherStatus.Ok;
}
