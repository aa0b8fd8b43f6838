using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.Tests;

[TestClass]
public sealed class RewardModelingCatalogTests
{
    [TestMethod]
    public void RewardModeling_PropertyAndMethod_GiveTheSameCatalog()
    {
        MLContext ml = new(seed: 1);

        Assert.AreSame(ml, ml.RewardModeling.Context);
        Assert.AreSame(ml, ml.GetRewardModeling().Context);
    }

    [TestMethod]
    public void LoadPairs_RecordsOfEveryKind_FillTheDocumentedColumns()
    {
        MLContext ml = new(seed: 1);
        IDataView view = ml.RewardModeling.LoadPairs(
        [
            new PreferencePair { Id = "a", Prompt = "p", Chosen = "good", Rejected = "bad", ChosenScore = 7, RejectedScore = 3, Margin = 4 },
            new PreferencePair { Id = "b", Prompt = "q", Chosen = "x", Rejected = "y", IsLabelled = false },
        ]);

        CollectionAssert.AreEqual(
            new[] { "Id", "Prompt", "Chosen", "Rejected", "ChosenScore", "RejectedScore", "Margin", "TeacherResponse", "EditSimilarity", "TeacherStatus" },
            view.Schema.Select(c => c.Name).ToArray());
        PairRow[] rows = [.. PairRows.Read(view)];
        Assert.AreEqual("ok", rows[0].TeacherStatus);
        Assert.AreEqual(4f, rows[0].Margin);
        Assert.AreEqual("unlabelled", rows[1].TeacherStatus);
        Assert.IsTrue(float.IsNaN(rows[1].ChosenScore));
        Assert.AreEqual(string.Empty, rows[1].TeacherResponse);
    }

    [TestMethod]
    public void KeepUsable_RowsWithReasons_KeepsOnlyOk()
    {
        MLContext ml = new(seed: 1);
        IDataView view = ml.RewardModeling.LoadPairs(
        [
            new PreferencePair { Id = "a", Prompt = "p", Chosen = "good", Rejected = "bad" },
            new PreferencePair { Id = "b", Prompt = "q", Chosen = "x", Rejected = "y", IsLabelled = false },
            new PreferencePair { Id = "c", Prompt = "q", Chosen = "x", Rejected = "y", Status = TeacherStatus.Tie },
        ]);

        CollectionAssert.AreEqual(new[] { "a" }, ml.RewardModeling.KeepUsable(view).GetColumn<string>("Id").ToArray());
    }
}
