using System.Xml.Linq;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Evaluation;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Evaluation;

[TestClass]
public sealed class EvaluationReportTests
{
    private static readonly EvaluatedPair[] Pairs =
    [
        new() { Id = "good", ChosenReward = 2, RejectedReward = -1, Prompt = "p", Chosen = "c", Rejected = "r", Subset = "<b>chat</b>" },
        new() { Id = "bad\"1", ChosenReward = -2, RejectedReward = 3, Prompt = "<script>alert(1)</script>", Chosen = "a & b", Rejected = "</pre>", Subset = "code" },
    ];

    [TestMethod]
    public void ToHtml_TextsWithMarkup_AreEscaped()
    {
        string html = EvaluationReport.ToHtml("Title <i>", Pairs);

        Assert.IsFalse(html.Contains("<script", StringComparison.Ordinal));
        Assert.IsFalse(html.Contains("<i>", StringComparison.Ordinal));
        Assert.IsFalse(html.Contains("<b>chat", StringComparison.Ordinal));
        StringAssert.Contains(html, "&lt;script&gt;alert(1)&lt;/script&gt;");
        StringAssert.Contains(html, "a &amp; b");
        StringAssert.Contains(html, "Worst errors (1)");
    }

    [TestMethod]
    public void ToHtml_AnyPairs_IsWellFormedAndNeedsNoNetwork()
    {
        string html = EvaluationReport.ToHtml("t", Pairs);

        // All elements but three void ones of the head are closed, so the body reads as XML.
        string body = html[html.IndexOf("<body>", StringComparison.Ordinal)..html.LastIndexOf("</html>", StringComparison.Ordinal)];
        XDocument document = XDocument.Parse(body);
        Assert.AreEqual(2, document.Descendants("table").Count());
        Assert.AreEqual(4, document.Descendants("rect").Count());
        Assert.IsFalse(html.Contains("http", StringComparison.Ordinal) || html.Contains("src=", StringComparison.Ordinal) || html.Contains("url(", StringComparison.Ordinal));
        StringAssert.Contains(html, "color-scheme: light dark");
    }

    [TestMethod]
    public void Count_ConstantRewards_AllFallInOneBin()
        => Assert.AreEqual(3, RewardHistogram.Count([1f, 1f, 1f], 1f, 1f)[0]);

    [TestMethod]
    public void Count_RangeOfRewards_PutsTheHighestInTheLastBin()
    {
        int[] counts = RewardHistogram.Count([0f, 0.5f, 1f], 0f, 1f);

        Assert.AreEqual((1, 1, 1), (counts[0], counts[15], counts[29]));
    }

    [TestMethod]
    public void Write_FolderMissing_FailsWithThePath()
    {
        using var folder = new TemporaryFolder();
        string path = folder["none", "r.html"];

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => EvaluationReport.Write(path, "t", Pairs)).Message, path);
        EvaluationReport.Write(folder["r.html"], "t", Pairs);
        Assert.AreEqual(1, Directory.GetFiles(folder.Path).Length);
    }
}
