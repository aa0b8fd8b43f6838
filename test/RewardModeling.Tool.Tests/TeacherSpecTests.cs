using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Teaching;

namespace RewardModeling.Tool.Tests;

[TestClass]
public sealed class TeacherSpecTests
{
    [TestMethod]
    public void Parse_ModelWithColon_KeepsTheWholeName()
        => Assert.AreEqual(
            new TeacherSpec(TeacherKind.OpenAI, "qwen3:8b", new Uri("http://localhost:11434/v1")), TeacherSpec.Parse("openai:qwen3:8b", "http://localhost:11434/v1"));

    [TestMethod]
    [DataRow("gpt-4o", null, "expected recorded:FILE, openai:MODEL or ollama:MODEL")]
    [DataRow("openai:", null, "names no model")]
    [DataRow("recorded: ", null, "names no file")]
    [DataRow("ollama:", null, "names no model")]
    [DataRow("recorded:x.jsonl", "http://localhost", "a recorded teacher calls no server")]
    [DataRow("openai:x", "localhost:8000", "expected an address such as")]
    [DataRow("openai:x", "ftp://me:secret@host/v1?key=secret", "--endpoint is 'ftp://host/v1'")]
    [DataRow("openai:x", "me:secret@host", "--endpoint is 'host'")]
    public void Parse_Wrong_SaysWhatIsExpected(string teacher, string? endpoint, string message)
        => StringAssert.Contains(Assert.ThrowsExactly<UsageException>(() => TeacherSpec.Parse(teacher, endpoint)).Message, message);
}
