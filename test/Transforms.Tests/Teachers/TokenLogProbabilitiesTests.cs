using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class TokenLogProbabilitiesTests
{
    [TestMethod]
    public void FromJson_OfToJson_IsTheSame()
    {
        TokenLogProbabilities[] tokens = [new("8", -0.25f, [new("8", -0.25f), new("\"9\n", -1.5f)]), new("\uD83D", float.NegativeInfinity, [])];
        IReadOnlyList<TokenLogProbabilities> back = TokenLogProbabilities.FromJson(TokenLogProbabilities.ToJson(tokens))!;

        Assert.AreEqual("8", back[0].Token);
        CollectionAssert.AreEqual(tokens[0].Top.ToArray(), back[0].Top.ToArray());
        Assert.AreEqual("\uFFFD", back[1].Token);
        Assert.AreEqual(-9999f, back[1].LogProbability);
    }

    [TestMethod]
    public async Task AskAsync_ClientReportsThem_AreKeptInTheJournal()
    {
        using TemporaryFolder folder = new();
        int? asked = null;
        ScriptedChatClient inner = new((_, options, _) =>
        {
            asked = options!.AdditionalProperties?[TokenLogProbabilities.RequestProperty] as int?;
            return Task.FromResult("8");
        }) { LogProbabilities = [new("8", -0.5f, [new("8", -0.5f), new("9", -1f)])] };
        TeacherClientOptions options = new() { JournalPath = folder["j.db"], TopLogProbabilities = 5 };
        TeacherRequest request = new(TeacherTasks.ScorePair, [new ConversationTurn("user", "rate")]);
        using (TeacherClient teacher = new(inner, options))
        {
            await teacher.AskAsync(request, CancellationToken.None);
        }

        Assert.AreEqual(5, asked);
        using TeacherClient again = new(inner, options);
        TeacherReply reply = await again.AskAsync(request, CancellationToken.None);
        Assert.AreEqual(1, inner.Calls);
        Assert.AreEqual(new TokenLogProbability("9", -1), reply.LogProbabilities![0].Top[1]);
    }

    [TestMethod]
    public async Task AskAsync_Deferred_CollectsThenTakesTheImportedReply()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient inner = new(_ => throw new InvalidOperationException("nothing may be sent"));
        TeacherRequest request = new(TeacherTasks.ScorePair, [new ConversationTurn("user", "rate")]);
        List<OutstandingCall> collected = [];
        using (TeacherClient first = new(inner, new TeacherClientOptions { JournalPath = folder["j.db"], Deferred = Collect }))
        {
            Assert.IsTrue((await first.AskAsync(request, CancellationToken.None)).IsOutstanding);
        }

        using (TeacherClient second = new(inner, new TeacherClientOptions { JournalPath = folder["j.db"], Deferred = _ => new ImportedReply { Text = "8" } }))
        {
            Assert.AreEqual("8", (await second.AskAsync(request, CancellationToken.None)).Text);
        }

        using TeacherClient third = new(inner, new TeacherClientOptions { JournalPath = folder["j.db"] });
        Assert.AreEqual("8", (await third.AskAsync(request, CancellationToken.None)).Text);
        Assert.AreEqual("[{\"role\":\"user\",\"content\":\"rate\"}]", collected.Single().Request);

        ImportedReply? Collect(OutstandingCall call)
        {
            collected.Add(call);
            return null;
        }
    }
}
