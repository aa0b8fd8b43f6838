namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>One request on its way, with everybody who waits for it.</summary>
internal sealed class TeacherFlight
{
    public Task<TeacherReply> Reply { get; set; } = null!;

    public int Waiters { get; set; }

    /// <summary>Nobody waits any more; whoever comes now must look again when it is over.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Cancelled when nobody waits any more: no new attempt is made, one that is under way is finished and kept.</summary>
    public CancellationTokenSource Abandoned { get; } = new();
}
