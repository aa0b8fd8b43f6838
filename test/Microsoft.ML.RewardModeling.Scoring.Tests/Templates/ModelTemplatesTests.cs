using System.Text.Json;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Chat templates of real models over conversations of every shape, equal to Jinja2 to the byte, messages of errors included.</summary>
[TestClass]
public sealed class ModelTemplatesTests
{
    [TestMethod]
    public void Render_ModelsInTheRepository_EqualJinja()
    {
        (List<string> differences, int compared) = ModelTemplates.CompareWithGoldens(ModelTemplates.Committed);
        Assert.IsEmpty(differences, string.Join('\n', differences));
        Assert.IsGreaterThanOrEqualTo(20 * 20, compared);
    }

    [TestMethod]
    public void Render_EveryModelOfThePackage_EqualsJinja()
    {
        string[]? lines = External.Run("node", [Path.Combine(TestData.RepositoryRoot, "tools", "template-download.mjs")], [], out string reason);
        if (lines is null)
        {
            Assert.Inconclusive($"skipped: the templates cannot be fetched with Node and npm here ({reason})");
            return;
        }

        IReadOnlyList<JsonElement> templates = ModelTemplates.Parse(lines);
        (List<string> differences, int compared) = ModelTemplates.CompareWithGoldens(templates);
        Assert.IsEmpty(differences, $"{differences.Count} of {compared}:\n" + string.Join('\n', differences));
        Assert.AreEqual(ModelTemplates.Goldens.Count * ModelTemplates.Conversations.Count, compared);
    }
}
