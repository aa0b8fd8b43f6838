using System.Globalization;

namespace RewardModeling.Tool.Terminal;

/// <summary>Times as people say them.</summary>
internal static class Durations
{
    /// <summary><c>8.3 s</c>, <c>4:05</c> (minutes) or <c>2:04:05</c> (hours).</summary>
    public static string Short(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"),
    };
}
