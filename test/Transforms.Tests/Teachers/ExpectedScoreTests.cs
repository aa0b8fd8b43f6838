using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class ExpectedScoreTests
{
    [TestMethod]
    public void Of_OneTokenScores_WeighsThemByProbability()

        // (0.6 * 7 + 0.2 * 8 + 0.1 * 10) / 0.9 = 6.8 / 0.9; the word and the number off the scale do not count.
        => Assert.AreEqual(7.5556f, Of(Token("7", (0.6, "7"), (0.2, "8"), (0.1, "10"), (0.05, "seven"), (0.05, "0")), After)!.Value, 1e-4f);

    [TestMethod]
    public void Of_CertainToken_IsThatScore() => Assert.AreEqual(7f, Of(Token("7", (1, "7")), After));

    [TestMethod]
    public void Of_TokenAbsentFromItsAlternatives_CountsToo()

        // (0.5 * 4 + 0.25 * 6) / 0.75.
        => Assert.AreEqual(4.6667f, Of(new TokenLogProbabilities("4", Log(0.5), [new("6", Log(0.25))]), After)!.Value, 1e-4f);

    [TestMethod]
    public void Of_TenInTwoTokens_WeighsTheSecondDigit()

        // First digit: 0.8 "1", 0.2 "9". After "1": 0.75 "0" (10) and 0.25 an end (1), so 7.75. 0.8 * 7.75 + 0.2 * 9 = 8.
        => Assert.AreEqual(8f, Of(Token("1", (0.8, "1"), (0.2, "9")), Token("0", (0.75, "0"), (0.25, "\n")), After)!.Value, 1e-4f);

    [TestMethod]
    public void Of_HalfPointInThreeTokens_WeighsThemAlongTheWay()

        // After "7": 0.4 "." and 0.6 an end. After "7.": 0.5 "5" (7.5), 0.5 "0" (7). 7.25 * 0.4 + 7 * 0.6 = 7.1; 0.9 * 7.1 + 0.1 * 5 = 6.89.
        => Assert.AreEqual(
            6.89f, Of(Token("7", (0.9, "7"), (0.1, "5")), Token(".", (0.4, "."), (0.6, "\n")), Token("5", (0.5, "5"), (0.5, "0")), After)!.Value, 1e-4f);

    [TestMethod]
    public void Of_OneBesideTheWay_CountsOnlyWhereTenIsOneToken()
    {
        // Digit by digit, "1" may have been going to be 10: left out. With tokens of two digits it is a 1: 0.5 * 9 + 0.5 * 1.
        Assert.AreEqual(9f, Of(Token("9", (0.5, "9"), (0.5, "1")), After));
        Assert.AreEqual(5f, Of(Token("9", (0.5, "9"), (0.5, "1")), After, Token("42")));
    }

    [TestMethod]
    [DataRow(" ", " 8", "8")]
    [DataRow("\n", "8", "\n8")]
    [DataRow(">>>\n", ">>>\n8", ">>>\n 8")]
    public void Of_ScoreBehindALeadInItsToken_ReadsAlternativesWithTheLead(string lead, string second, string third)
    {
        TokenLogProbabilities[] tokens = [Token("S" + (lead.StartsWith('>') ? "" : ">>>")), Token(lead + "6", (0.5, lead + "6"), (0.25, second), (0.25, third)), After];
        string reply = string.Concat(tokens.Select(t => t.Token));

        // 0.5 * 6 + 0.5 * 8.
        Assert.AreEqual(7f, ExpectedScore.Of(tokens, reply[..(reply.IndexOf('6', StringComparison.Ordinal) + 1)], reply.IndexOf('6', StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Of_ContextThatIsNotThereOrThereTwice_CannotBeTold()
    {
        TokenLogProbabilities[] tokens = [Token("S"), Token("6", (0.5, "6"), (0.5, "8")), Token("S"), Token("6")];

        Assert.IsNull(ExpectedScore.Of(tokens, "S6", 1));
        Assert.IsNull(ExpectedScore.Of(tokens, "T6", 1));
        Assert.IsNull(ExpectedScore.Of(null, "S6", 1));
        Assert.IsNull(ExpectedScore.Of([], "S6", 1));
    }

    [TestMethod]
    public void Of_ProbabilitiesThatMakeNoSense_CannotBeTold()
        => Assert.IsNull(Of(new TokenLogProbabilities("7", float.NaN, [new("8", float.NegativeInfinity), new("9", -9999)]), After));

    [TestMethod]
    [DataRow(TeacherReplyFormat.Marks)]
    [DataRow(TeacherReplyFormat.JsonSchema)]
    public void PairScores_WithLogProbabilities_TakesEachScoreFromItsOwnSection(TeacherReplyFormat format)
    {
        TeacherRequest request = TeacherProtocol.ScorePair("p", "a", "b", 1, format);
        bool isJson = format == TeacherReplyFormat.JsonSchema;

        // The reasons speak of other numbers, with alternatives of their own.
        TokenLogProbabilities noise = Token("3", (0.5, "3"), (0.5, "9"));
        TokenLogProbabilities six = Token("6", (0.75, "6"), (0.25, "8"));
        TokenLogProbabilities four = Token("4", (0.5, "4"), (0.5, "5"));
        TokenLogProbabilities[] tokens = isJson
            ? [Token("{\"code\":\"" + request.Nonce + "\",\"reasons\":\"naïve: \\\"score_1\\\": "), noise, Token("\", \"score_1\": "), six, Token(", \"score_2\": "), four, Token("}")]
            : [Token("First "), noise, Token(".\n<<<" + request.Nonce + " SCORE 1>>>\n"), six, Token($"\n<<<{request.Nonce} END>>>\n<<<{request.Nonce} SCORE 2>>>\n"), four, Token($"\n<<<{request.Nonce} END>>>")];
        TeacherReply reply = new(string.Concat(tokens.Select(t => t.Token)), false) { LogProbabilities = tokens };

        // 0.75 * 6 + 0.25 * 8 and 0.5 * 4 + 0.5 * 5.
        Assert.AreEqual(new PairScores(6.5f, 4.5f), TeacherReplies.PairScores(reply, request).Value);
        Assert.AreEqual(new PairScores(6, 4), TeacherReplies.PairScores(reply with { LogProbabilities = null }, request).Value);
    }

    private static TokenLogProbabilities After => Token("\n<<<");

    private static float? Of(params TokenLogProbabilities[] tokens)
    {
        TokenLogProbabilities[] all = [Token("S:"), .. tokens];
        string score = string.Concat(tokens.TakeWhile(t => t.Token.All(c => char.IsAsciiDigit(c) || c == '.')).Select(t => t.Token));
        return ExpectedScore.Of(all, "S:" + score, 2);
    }

    private static float Log(double probability) => (float)Math.Log(probability);

    private static TokenLogProbabilities Token(string text, params (double Probability, string Text)[] top)
        => new(text, top.FirstOrDefault(t => t.Text == text) is { Text: not null } own ? Log(own.Probability) : 0, [.. top.Select(t => new TokenLogProbability(t.Text, Log(t.Probability)))]);
}
