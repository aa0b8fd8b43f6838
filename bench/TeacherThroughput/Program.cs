using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using OpenAI;
using RewardModeling.Testing.Chat;

// How near the teacher engine comes to what a server's latency allows, and what a call costs this machine.
//   dotnet run -c Release --project bench/TeacherThroughput [rows] [concurrency] [latency in ms]
// The server runs in a process of its own (first argument "server"), so that only the engine's CPU time is counted.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["server", var delay])
{
    await using ChatServer server = await ChatServer.StartAsync(_ => "An answer of a few words.", TimeSpan.FromMilliseconds(int.Parse(delay, CultureInfo.InvariantCulture)), keepsLog: false);
    Console.WriteLine(server.Endpoint);
    Console.ReadLine();
    return;
}

int rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 2000;
int concurrency = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 64;
int latency = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 200;
double ideal = concurrency / (latency / 1000.0);
ProcessStartInfo start = new("dotnet", [typeof(ChatServer).Assembly.Location, "server", $"{latency}"]) { RedirectStandardOutput = true, RedirectStandardInput = true };
using Process other = Process.Start(start)!;
Uri endpoint = new((await other.StandardOutput.ReadLineAsync())!);
string folder = Directory.CreateTempSubdirectory("teacher-throughput-").FullName;
try
{
    IChatClient plain = new OpenAIClient(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = endpoint, RetryPolicy = new ClientRetryPolicy(0) })
        .GetChatClient("judge").AsIChatClient();
    await Parallel.ForEachAsync(Enumerable.Range(0, 2 * concurrency), new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (i, token) => await plain.GetResponseAsync($"warm up {i}", cancellationToken: token));

    Console.WriteLine($"{rows} rows, concurrency {concurrency}, server latency {latency} ms, {Environment.ProcessorCount} processors, .NET {Environment.Version}");
    Console.WriteLine($"| what | calls/s | of ideal {ideal:0} | CPU ms a call | managed heap before -> after, MiB |");
    Console.WriteLine("| --- | --- | --- | --- | --- |");
    await MeasureAsync("client alone, no engine", () => Parallel.ForEachAsync(
        Enumerable.Range(0, rows), new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (i, token) => await plain.GetResponseAsync(Question(i), cancellationToken: token)));
    using TeacherClient teacher = new(plain, new TeacherClientOptions { JournalPath = Path.Combine(folder, "j.db"), Concurrency = concurrency });
    await teacher.GetResponseAsync("warm up the journal");
    await MeasureAsync("TeacherRespond, every reply in the journal", () => Task.Run(() => Respond(teacher)));
    await MeasureAsync("the same again, from the journal", () => Task.Run(() => Respond(teacher)));
}
finally
{
    other.StandardInput.Close();
    await other.WaitForExitAsync();
    Directory.Delete(folder, recursive: true);
}

static string Question(int i) => $"Question {i}: why is the sky blue in the morning, and what changes in the evening?";

void Respond(TeacherClient teacher)
{
    MLContext ml = new(1);
    IDataView pairs = ml.RewardModeling.LoadPairs(Enumerable.Range(0, rows).Select(i => new PreferencePair { Id = $"{i}", Prompt = Question(i), Chosen = "a", Rejected = "b" }));
    IDataView view = ml.RewardModeling.TeacherRespond(teacher).Fit(pairs).Transform(pairs);
    int read = ml.Data.CreateEnumerable<Row>(view, reuseRowObject: true).Count(row => row.TeacherResponse.Length > 0);
    if (read != rows)
    {
        throw new InvalidOperationException($"{read} of {rows} rows were answered.");
    }
}

async Task MeasureAsync(string what, Func<Task> work)
{
    double before = GC.GetTotalMemory(forceFullCollection: true) / 1048576.0;
    using Process self = Process.GetCurrentProcess();
    TimeSpan cpu = self.TotalProcessorTime;
    Stopwatch watch = Stopwatch.StartNew();
    await work();
    double seconds = watch.Elapsed.TotalSeconds;
    self.Refresh();
    double milliseconds = (self.TotalProcessorTime - cpu).TotalMilliseconds / rows;
    double after = GC.GetTotalMemory(forceFullCollection: true) / 1048576.0;
    Console.WriteLine($"| {what} | {rows / seconds:0.0} | {rows / seconds / ideal:P1} | {milliseconds:0.00} | {before:0.0} -> {after:0.0} |");
}

internal sealed class Row
{
    public string TeacherResponse { get; set; } = string.Empty;
}
