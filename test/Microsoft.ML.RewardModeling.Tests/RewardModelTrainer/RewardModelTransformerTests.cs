using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;

[TestClass]
public sealed class RewardModelTransformerTests
{
    private static TemporaryFolder s_folder = null!;
    private static MLContext s_ml = null!;
    private static RewardModelTransformer s_model = null!;

    [ClassInitialize]
    public static void Load(TestContext context)
    {
        _ = context;
        s_folder = new TemporaryFolder();
        s_ml = new MLContext(1);
        s_model = s_ml.RewardModeling.LoadRewardModel(TinyModel.Write(s_folder["model"], maxPositions: 128));
    }

    [ClassCleanup]
    public static void Clean()
    {
        s_model.Dispose();
        s_folder.Dispose();
    }

    private static IDataView Pairs => s_ml.RewardModeling.LoadPairs(TestPairs.All);

    [TestMethod]
    public void Transform_PairsWithoutResponse_ScoreIsTheDifference()
    {
        IDataView scored = s_model.Transform(Pairs);
        float[] chosen = [.. scored.GetColumn<float>("ChosenReward")];
        float[] rejected = [.. scored.GetColumn<float>("RejectedReward")];

        CollectionAssert.AreEqual(chosen.Zip(rejected, (c, r) => c - r).ToArray(), RewardModelTrainerTests.Scores(scored));
        Assert.IsTrue(chosen.Max() - chosen.Min() > 0.01, "the rewards differ");
    }

    [TestMethod]
    public void Transform_ResponseAndPair_ScoreIsTheRewardOfTheResponse()
    {
        IDataView view = s_ml.Data.LoadFromEnumerable(TestPairs.Rows.Select(r => new Row { Prompt = r.Prompt, Chosen = r.Chosen, Rejected = r.Rejected, Response = r.Rejected }));

        IDataView scored = s_model.Transform(view);

        CollectionAssert.AreEqual(scored.GetColumn<float>("RejectedReward").ToArray(), RewardModelTrainerTests.Scores(scored));
    }

    [TestMethod]
    public void Transform_AnyBatchSize_GivesTheSameScores()
    {
        float[] expected = RewardModelTrainerTests.Scores(s_model.Transform(Pairs));
        foreach (int batchSize in (int[])[1, 3, 64])
        {
            using RewardModelTransformer model = s_ml.RewardModeling.LoadRewardModel(s_folder["model"], batchSize: batchSize);
            float[] actual = RewardModelTrainerTests.Scores(model.Transform(Pairs));
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], 1e-5f, $"row {i}, batch size {batchSize}");
            }
        }
    }

    [TestMethod]
    public void Transform_NoAnswerColumnOrWrongType_SaysWhatIsExpected()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => s_model.Transform(s_ml.Data.LoadFromEnumerable(new[] { new { Prompt = "p" } }))).Message, "Response");
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => s_model.Transform(s_ml.Data.LoadFromEnumerable(new[] { new { Prompt = 1f, Response = "r" } }))).Message, "Prompt");
    }

    [TestMethod]
    public void GetOutputSchema_Responses_AddsOnlyScore()
    {
        DataViewSchema schema = s_model.GetOutputSchema(s_ml.Data.LoadFromEnumerable(new[] { new { Prompt = "p", Response = "r" } }).Schema);

        CollectionAssert.AreEqual(new[] { "Prompt", "Response", "Score" }, schema.Select(c => c.Name).ToArray());
    }

    [TestMethod]
    public void Score_Conversation_EqualsTransform()
    {
        PreferencePair pair = TestPairs.All.Single(p => p.Prompt.Turns.Count > 1);
        float[] rewards = s_model.Score(pair.Prompt, [pair.Chosen, pair.Rejected]);
        int row = Array.IndexOf(TestPairs.All, pair);

        Assert.AreEqual(s_model.Transform(Pairs).GetColumn<float>("ChosenReward").ElementAt(row), rewards[0], 1e-5f);
        Assert.AreEqual(s_model.Transform(Pairs).GetColumn<float>("RejectedReward").ElementAt(row), rewards[1], 1e-5f);
    }

    [TestMethod]
    public void PredictionEngine_OneRow_EqualsTransform()
    {
        using PredictionEngine<ResponseRow, Prediction> engine = s_ml.Model.CreatePredictionEngine<ResponseRow, Prediction>(
            s_model, new PredictionEngineOptions { OwnsTransformer = false });
        foreach ((string prompt, string chosen, _) in TestPairs.Rows)
        {
            Assert.AreEqual(s_model.Score(prompt, [chosen])[0], engine.Predict(new ResponseRow { Prompt = prompt, Response = chosen }).Score, 1e-5f);
        }
    }

    [TestMethod]
    public void PredictionEngine_OwnsTransformerByDefault_DisposesItToo()
    {
        RewardModelTransformer model = s_ml.RewardModeling.LoadRewardModel(s_folder["model"]);
        s_ml.Model.CreatePredictionEngine<ResponseRow, Prediction>(model).Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Score("p", ["r"]));
    }

    [TestMethod]
    public void Transform_FromSeveralThreads_GivesTheSameScores()
    {
        float[] expected = RewardModelTrainerTests.Scores(s_model.Transform(Pairs));

        Parallel.For(0, 6, _ =>
        {
            float[] actual = RewardModelTrainerTests.Scores(s_model.Transform(Pairs));
            Assert.IsTrue(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() <= 1e-5);
        });
    }

    [TestMethod]
    public void Save_ThenLoad_GivesTheSameScoresToTheBit()
    {
        s_model.Save(s_folder["saved"]);
        using RewardModelTransformer loaded = s_ml.RewardModeling.LoadRewardModel(s_folder["saved"]);

        CollectionAssert.AreEqual(RewardModelTrainerTests.Scores(s_model.Transform(Pairs)), RewardModelTrainerTests.Scores(loaded.Transform(Pairs)));
        Assert.AreEqual(s_model.MaxLength, loaded.MaxLength);
    }

    [TestMethod]
    public void LoadRewardModel_LanguageModel_SaysItHasNoRewardHead()
    {
        string directory = TinyModel.Write(s_folder["language"], classifier: false);

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => s_ml.RewardModeling.LoadRewardModel(directory)).Message, "no reward head");
    }

    [TestMethod]
    [DataRow(RewardModelInput.Pairs)]
    [DataRow(RewardModelInput.Responses)]
    public void ModelSave_LoadedInAFreshProcess_GivesTheSameScores(RewardModelInput input)
    {
        // A stock transform before and after: the image must live inside a chain.
        IDataView view = s_ml.Data.LoadFromEnumerable(TestPairs.Rows.Select(r => new Row { Prompt = r.Prompt, Chosen = r.Chosen, Rejected = r.Rejected, Response = r.Chosen }));
        using RewardModelTransformer model = s_ml.RewardModeling.LoadRewardModel(s_folder["model"]);
        model.SavedInput = input;
        ITransformer before = s_ml.Transforms.CopyColumns("Copy", "Prompt").Fit(view);
        var chain = new TransformerChain<ITransformer>(before, model, s_ml.Transforms.CopyColumns("ScoreCopy", "Score").Fit(model.Transform(view)));
        string path = s_folder[$"{input}.zip"];
        s_ml.Model.Save(chain, view.Schema, path);

        float[] actual = FreshProcess.Score(path, TestPairs.Rows);

        IDataView expectedView = input == RewardModelInput.Pairs ? s_ml.Transforms.DropColumns("Response").Fit(view).Transform(view) : view;
        float[] expected = RewardModelTrainerTests.Scores(model.Transform(expectedView));
        Assert.AreEqual(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-5f, $"row {i}");
        }
    }

    [TestMethod]
    public void ModelSave_WholePipelineWithTeacher_ScoresInAFreshProcessWithoutTheTeacher()
    {
        PreferencePair[] candidates = [.. PairFile.Read(TestData.Own("first-party", "part1.jsonl")).Take(6)];
        using var teacher = new TeacherClient(
            RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = s_folder["teacher.db"] });
        IDataView pairs = s_ml.RewardModeling.LoadPairs(candidates);
        TransformerChain<RewardModelTransformer> fitted = s_ml.RewardModeling.TeacherScoreMargin(teacher)
            .Append(s_ml.RewardModeling.TeacherRefinePairs(teacher))
            .Append(s_ml.RewardModeling.Trainers.RewardModel(new RewardModelTrainerOptions { Backbone = s_folder["model"] }))
            .Fit(pairs);
        using RewardModelTransformer model = fitted.LastTransformer;
        string path = s_folder["pipeline.zip"];

        s_ml.Model.Save(fitted, pairs.Schema, path);

        float[] expected = RewardModelTrainerTests.Scores(model.Transform(s_ml.RewardModeling.LoadPairs(TestPairs.All.Where(p => p.Prompt.Turns.Count == 1))));
        float[] actual = FreshProcess.Score(path, TestPairs.Rows);
        Assert.AreEqual(expected.Length, actual.Length);
        Assert.IsTrue(expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() <= 1e-5);
    }

    [TestMethod]
    public void RestoreRewardModels_LoadedPipeline_HasTheBatchingModelAgain()
    {
        var chain = new TransformerChain<ITransformer>(s_ml.Transforms.CopyColumns("Copy", "Prompt").Fit(Pairs), s_model);
        string path = s_folder["restore.zip"];
        s_ml.Model.Save(chain, Pairs.Schema, path);
        ITransformer loaded = s_ml.Model.Load(path, out _);

        ITransformer restored = s_ml.RewardModeling.RestoreRewardModels(loaded);

        float[] expected = RewardModelTrainerTests.Scores(s_model.Transform(Pairs));
        float[] image = RewardModelTrainerTests.Scores(loaded.Transform(Pairs));
        CollectionAssert.AreEqual(expected, RewardModelTrainerTests.Scores(restored.Transform(Pairs)));
        Assert.IsTrue(expected.Zip(image, (e, a) => Math.Abs(e - a)).Max() <= 1e-5);
        using RewardModelTransformer model = Find(restored)!;
        Assert.IsNull(Find(loaded));
        model.Save(s_folder["restored"]);
        using RewardModelTransformer again = s_ml.RewardModeling.LoadRewardModel(s_folder["restored"]);
        CollectionAssert.AreEqual(expected, RewardModelTrainerTests.Scores(again.Transform(Pairs)));

        static RewardModelTransformer? Find(ITransformer transformer) => transformer as RewardModelTransformer
            ?? (transformer as TransformerChain<ITransformer>)?.Select(Find).FirstOrDefault(found => found is not null);
    }

    [TestMethod]
    public void ModelLoad_DirectoryPayload_ChecksThatTheModelIsStillTheSame()
    {
        string directory = TinyModel.Write(s_folder["named"], maxPositions: 128);
        ModelPayload payload = ModelPayload.Parse(ModelPayload.Name(directory, new RewardModelColumns(), RewardModelInput.Pairs).ToText());

        Assert.AreEqual(Path.GetFullPath(directory), payload.WithDirectory(d => d));
        TinyModel.Write(directory, seed: 2, maxPositions: 128);
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => payload.WithDirectory(d => d)).Message, "replaced");
        Directory.Delete(directory, recursive: true);
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => payload.WithDirectory(d => d)).Message, directory);
        Assert.ThrowsExactly<RewardModelingException>(() => ModelPayload.Parse("not a payload"));
    }

    [TestMethod]
    public void SaveOnnx_TinyModel_ScorerAgrees()
    {
        ExportManifest manifest = s_model.SaveOnnx(s_folder["onnx"]);
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(s_folder["onnx"]);

        Assert.IsTrue(manifest.ParityMaxAbs <= 1e-4, $"{manifest.ParityMaxAbs}");
        foreach ((string prompt, string chosen, string rejected) in TestPairs.Rows)
        {
            float[] expected = s_model.Score(prompt, [chosen, rejected]);
            float[] actual = scorer.Score(prompt, [chosen, rejected]);
            Assert.AreEqual(expected[0], actual[0], 1e-4f);
            Assert.AreEqual(expected[1], actual[1], 1e-4f);
        }
    }

    [TestMethod]
    public void Dispose_ThenUse_Throws()
    {
        RewardModelTransformer model = s_ml.RewardModeling.LoadRewardModel(s_folder["model"]);
        IDataView view = model.Transform(Pairs);
        model.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(Pairs));
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Save(s_folder["never"]));
        Assert.Throws<Exception>(() => RewardModelTrainerTests.Scores(view));
        model.Dispose();
    }

    private sealed class Row
    {
        public string Prompt { get; set; } = "";

        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";

        public string Response { get; set; } = "";
    }

    private sealed class ResponseRow
    {
        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
