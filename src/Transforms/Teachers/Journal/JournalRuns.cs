using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Which calls are on their way. A call is marked before it is sent, and its mark goes in the transaction that keeps its
/// reply; so what a killed run leaves marked are the calls that may have been paid and whose replies nobody has.
/// </summary>
internal static class JournalRuns
{
    // The start of a process is computed from clocks that may be read a little apart.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    /// <summary>Enters this process as one that sends calls.</summary>
    public static long Register(JournalStatements journal)
    {
        using Process self = Process.GetCurrentProcess();
        journal.Execute(
            "INSERT INTO runs (process, process_started) VALUES ($process, $started)",
            ("$process", (long)self.Id), ("$started", Time(self.StartTime.ToUniversalTime())));
        return (long)journal.Scalar("SELECT last_insert_rowid()")!;
    }

    public static void Mark(JournalStatements journal, long run, JournalEntry entry, DateTimeOffset now) => journal.Execute(
        "INSERT OR REPLACE INTO in_flight VALUES ($run, $key, $task, $model, $sent)",
        ("$run", run), ("$key", entry.Key), ("$task", entry.Task), ("$model", entry.Model), ("$sent", Time(now.UtcDateTime)));

    public static void Unmark(JournalStatements journal, long run, string key)
        => journal.Execute("DELETE FROM in_flight WHERE run = $run AND key = $key", ("$run", run), ("$key", key));

    /// <summary>The run is over in good order: nothing of it is in flight.</summary>
    public static void Leave(JournalStatements journal, long run) => journal.Execute("DELETE FROM runs WHERE id = $run", ("$run", run));

    /// <summary>Notes the calls of runs whose process is gone as interrupted.</summary>
    /// <returns>How many there were.</returns>
    public static int Sweep(JournalStatements journal)
    {
        List<long> dead = [];
        using (SqliteDataReader reader = journal.Query("SELECT id, process, process_started FROM runs"))
        {
            while (reader.Read())
            {
                if (!IsAlive(reader.GetInt64(1), reader.GetString(2)))
                {
                    dead.Add(reader.GetInt64(0));
                }
            }
        }

        return dead.Count == 0 ? 0 : journal.Write(() =>
        {
            int calls = 0;
            foreach (long run in dead)
            {
                journal.Execute("INSERT INTO interrupted SELECT key, task, model, sent_at FROM in_flight WHERE run = $run", ("$run", run));
                calls += (int)(long)journal.Scalar("SELECT changes()")!;
                journal.Execute("DELETE FROM in_flight WHERE run = $run", ("$run", run));
                Leave(journal, run);
            }

            return calls;
        });
    }

    private static bool IsAlive(long id, string started)
    {
        try
        {
            using Process process = Process.GetProcessById((int)id);
            DateTime then = DateTime.Parse(started, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            return (process.StartTime.ToUniversalTime() - then).Duration() < Tolerance;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return false;
        }
        catch (Win32Exception)
        {
            // There is such a process, but it is somebody else's.
            return true;
        }
    }

    private static string Time(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture);
}
