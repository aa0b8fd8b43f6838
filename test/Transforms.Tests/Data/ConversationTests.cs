namespace Microsoft.ML.RewardModeling.Tests.Data;

[TestClass]
public sealed class ConversationTests
{
    [TestMethod]
    public void ToColumnText_OneUserTurn_IsTheContent()
    {
        Conversation conversation = "What is 2 + 2?";

        Assert.AreEqual("What is 2 + 2?", conversation.ToColumnText());
        Assert.AreEqual(conversation, Conversation.FromColumnText("What is 2 + 2?"));
    }

    [TestMethod]
    public void FromColumnText_WhatToColumnTextWrote_GivesTheSameConversation()
    {
        Conversation[] conversations =
        [
            new([new("system", "Be brief."), new("user", "Hi \"you\"\n\u2028<é>")]),
            new([new("user", "a"), new("assistant", "b"), new("user", string.Empty)]),
            new([new("assistant", "only")]),
            "\u001E[not json",
            string.Empty,
            "[{\"role\":\"user\"}]",
        ];
        foreach (Conversation conversation in conversations)
        {
            Assert.AreEqual(conversation, Conversation.FromColumnText(conversation.ToColumnText()));
            Assert.AreEqual(conversation.GetHashCode(), Conversation.FromColumnText(conversation.ToColumnText()).GetHashCode());
        }
    }

    [TestMethod]
    [DataRow("\u001E")]
    [DataRow("\u001E{}")]
    [DataRow("\u001E[]")]
    [DataRow("\u001E[{\"role\":\"user\"}]")]
    [DataRow("\u001E[{\"role\":1,\"content\":\"a\"}]")]
    public void FromColumnText_MarkWithoutTurns_IsAnError(string text)
        => StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => Conversation.FromColumnText(text)).Message, "U+001E");

    [TestMethod]
    public void Constructor_NoTurnOrNoRole_Throws()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new Conversation([]));
        Assert.ThrowsExactly<ArgumentException>(() => new Conversation([new(" ", "x")]));
    }
}
