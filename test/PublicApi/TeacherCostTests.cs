using System.Data;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling;
using RewardModeling.Testing;

namespace PublicApi.Tests;

/// <summary>The table of costs in <c>docs/teacher.md</c> is what the transforms are measured to cost.</summary>
[TestClass]
public sealed partial class TeacherCostTests : IDisposable
{
    private const int Answers = 5;
    private const int Anchors = 2;
    private const int Models = 2;
    private const int Samples = 3;

    private static readonly PreferencePair Pair = new() { Id = "1", Prompt = "Why?", Chosen = "a b c d", Rejected = "e f g h" };
    private static readonly PreferencePair Scored = Pair with { ChosenScore = 8, RejectedScore = 3 };

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void TeacherPage_CostTable_HoldsTheMeasuredCalls()
    {
        Dictionary<string, int> measured = new()
        {
            ["TeacherRespond / no answer yet"] = Respond(Pair),
            ["TeacherRespond / TeacherResponse is there"] = Respond(Pair with { TeacherResponse = "mine" }),
            ["TeacherScoreMargin / clear"] = Score(Pair, TiePolicy.RateAgain, isTie: false),
            ["TeacherScoreMargin / near tie, RateAgain"] = Score(Pair, TiePolicy.RateAgain, isTie: true),
            ["TeacherScoreMargin / near tie, Mark or Keep"] = Math.Max(Score(Pair, TiePolicy.Mark, isTie: true), Score(Pair, TiePolicy.Keep, isTie: true)),
            ["TeacherScoreMargin / both scores are there"] = Score(Scored, TiePolicy.RateAgain, isTie: true),
            ["TeacherRefinePairs / nothing yet"] = Refine(Scored, "e f g x"),
            ["TeacherRefinePairs / TeacherResponse is there"] = Refine(Scored with { TeacherResponse = "mine" }, "e f g x"),
            ["TeacherRefinePairs / edit marked before its rating"] = Refine(Scored, "e f g h"),
            ["SampleCandidates / M models"] = Sample(),
            ["RankCandidates / RoundRobin"] = Rank(CandidateRating.RoundRobin),
            ["RankCandidates / Anchored"] = Rank(CandidateRating.Anchored),
            ["RankCandidates / Pointwise"] = Rank(CandidateRating.Pointwise),
            ["RankCandidates / near tie, RateAgain, not Pointwise"] = Rank(CandidateRating.RoundRobin, isTie: true) - Rank(CandidateRating.RoundRobin),
            ["RankCandidates / every score is there"] = Rank(CandidateRating.RoundRobin, score: 4),
        };

        Dictionary<string, int> documented = Documented();

        CollectionAssert.AreEqual(
            measured.Select(row => $"{row.Key}: {row.Value}").Order(StringComparer.Ordinal).ToArray(),
            documented.Select(row => $"{row.Key}: {row.Value}").Order(StringComparer.Ordinal).ToArray());
    }

    private static Dictionary<string, int> Documented() => File.ReadLines(Path.Combine(TestData.RepositoryRoot, "docs", "teacher.md"))
        .SkipWhile(line => line != "<!-- costs -->").Skip(3).TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|').Select(cell => cell.Trim()).ToArray())
        .ToDictionary(cells => $"{cells[1]} / {cells[2]}".Replace("`", "", StringComparison.Ordinal), cells => Value(cells[3].Split('`')[1]));

    private static int Value(string formula)
    {
        string numbers = Letter().Replace(formula, letter => (letter.Value switch
        {
            "N" => Answers,
            "A" => Anchors,
            "M" => Models,
            _ => Samples,
        }).ToString(CultureInfo.InvariantCulture));
        using DataTable table = new();
        return Convert.ToInt32(table.Compute(numbers, null), CultureInfo.InvariantCulture);
    }

    private int Respond(PreferencePair pair) => Calls(new Protocol(), teacher => _ml.RewardModeling.TeacherRespond(teacher), _ml.RewardModeling.LoadPairs([pair]));

    private int Score(PreferencePair pair, TiePolicy policy, bool isTie) => Calls(
        new Protocol { IsTie = isTie }, teacher => _ml.RewardModeling.TeacherScoreMargin(teacher, new TeacherScoreMarginOptions { TiePolicy = policy }), _ml.RewardModeling.LoadPairs([pair]));

    private int Refine(PreferencePair pair, string edit) => Calls(
        new Protocol { Edit = edit }, teacher => _ml.RewardModeling.TeacherRefinePairs(teacher), _ml.RewardModeling.LoadPairs([pair]));

    private int Rank(CandidateRating rating, bool isTie = false, float? score = null) => Calls(
        new Protocol { IsTie = isTie },
        teacher => _ml.RewardModeling.RankCandidates(teacher, new RankCandidatesOptions { Rating = rating, Anchors = Anchors }),
        _ml.RewardModeling.LoadCandidates([new CandidateSet { Id = "1", Prompt = "Why?", Candidates = [.. Enumerable.Range(0, Answers).Select(i => new Candidate($"answer {i}", score + i))] }]));

    private int Sample()
    {
        using TeacherClient one = Client(new Protocol(), "one");
        using TeacherClient two = Client(new Protocol(), "two");
        IDataView prompts = _ml.RewardModeling.LoadCandidates([new CandidateSet { Id = "1", Prompt = "Why?" }]);
        _ = Statuses(_ml.RewardModeling.SampleCandidates([one, two], new SampleCandidatesOptions { SamplesPerModel = Samples, Temperature = 1 }).Fit(prompts).Transform(prompts));
        return one.Progress.Calls + two.Progress.Calls;
    }

    private int Calls<TTransformer>(Protocol chat, Func<IChatClient, IEstimator<TTransformer>> create, IDataView input)
        where TTransformer : class, ITransformer
    {
        using TeacherClient teacher = Client(chat, "judge");
        _ = Statuses(create(teacher).Fit(input).Transform(input));
        return teacher.Progress.Calls;
    }

    // Every measurement has a journal of its own, which knows nothing yet.
    private TeacherClient Client(IChatClient chat, string model) => new(chat, new TeacherClientOptions
    {
        JournalPath = _folder[$"{Directory.GetFileSystemEntries(_folder.Path).Length}-{model}.db"], ModelId = model, ReplyFormat = TeacherReplyFormat.JsonSchema,
    });

    private static string[] Statuses(IDataView view) => [.. view.GetColumn<string>(RewardColumns.TeacherStatus)];

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Letter();

    /// <summary>Answers every task as its JSON schema asks, by the names of the schema's properties alone.</summary>
    private sealed partial class Protocol : IChatClient
    {
        public bool IsTie { get; init; }

        public string Edit { get; init; } = "";

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
            => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, options?.ResponseFormat is ChatResponseFormatJson { Schema: { } schema }
                ? Reply(schema, messages.Last().Text).ToJsonString()
                : "an answer")));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private JsonObject Reply(JsonElement schema, string question) => new(schema.GetProperty("properties").EnumerateObject().Select(property => KeyValuePair.Create(
            property.Name,
            (JsonNode?)(property.Name switch
            {
                "code" => JsonValue.Create(Code().Match(question).Groups[1].Value),
                "refined" => JsonValue.Create(Edit),
                "score_1" => JsonValue.Create(Score(question, "ANSWER 1")),
                "score_2" => JsonValue.Create(Score(question, "ANSWER 2")),
                "score" => JsonValue.Create(6),
                _ => JsonValue.Create("a reason"),
            }))));

        // By the answer's last letter, so that an answer has the same score wherever it is shown.
        private double Score(string question, string section)
            => IsTie ? 5 : 1 + (Regex.Match(question, section + @">>>\n(.*?)\n<<<", RegexOptions.Singleline).Groups[1].Value[^1] % 10 / 2.0);

        [GeneratedRegex(@"^Code of this request: (\S+)")]
        private static partial Regex Code();
    }
}
