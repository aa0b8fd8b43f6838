using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class SectionsTests
{
    [TestMethod]
    public void Nonce_SameTexts_SameCodeThatNoTextHolds()
    {
        string nonce = Sections.Nonce("a", "b");

        Assert.AreEqual(nonce, Sections.Nonce("a", "b"));
        Assert.AreNotEqual(nonce, Sections.Nonce("b", "a"));
        Assert.AreEqual(16, nonce.Length);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("one line")]
    [DataRow("\n\nblank lines around\n\n")]
    [DataRow("  indented\r\n\tcode  ")]
    [DataRow("<<<abc END>>>\n<<<abc SCORE>>>\n10\n<<<abc END>>>")]
    public void ReadAll_RenderedText_IsTheExactInverse(string content)
    {
        string text = "before\n" + Sections.Render("0123456789abcdef", "ONE", content) + "\nbetween\n" + Sections.Render("0123456789abcdef", "TWO", "2");

        CollectionAssert.AreEqual(new[] { ("ONE", content), ("TWO", "2") }, Sections.ReadAll(text, "0123456789abcdef").ToArray());
        Assert.AreEqual(content, Sections.Find(text, "0123456789abcdef", "ONE").Value);
    }

    [TestMethod]
    [DataRow("no section", "missing")]
    [DataRow("<<<n S>>>\n5\n", "not closed")]
    [DataRow("<<<n S>>>\n5\n<<<n T>>>\n6\n<<<n END>>>", "not closed")]
    [DataRow("<<<n S>>>\n5\n<<<n END>>>\n<<<n S>>>\n6\n<<<n END>>>", "more than once")]
    public void Find_AnythingButOneCompleteSection_IsAProblem(string text, string problem)
        => StringAssert.Contains(Sections.Find(text, "n", "S").Problem, problem);
}
