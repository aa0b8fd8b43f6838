using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

/// <summary>What train does beyond one undisturbed run on pairs.</summary>
[TestClass]
public sealed class TrainTests
{
    /// <summary>Kills by default; more by hand: <c>TRAIN_KILLS=25 dotnet test test/RewardModeling.Tool.Tests -c Release --filter Train_Killed</c>.</summary>
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("TRAIN_KILLS") ?? "3", CultureInfo.InvariantCulture);

    [TestMethod]
    public void Train_KilledAtRandomMoments_EqualsAnUndisturbedRun()
    {
        using TemporaryFolder folder = new();
        Random random = new(4);
        string steps = Math.Max(8, 2 * Kills).ToString(CultureInfo.InvariantCulture);

        // A checkpoint after every step: most of the time is spent on writing them, so that is where most kills fall.
        string[] Arguments(string output) =>
        [
            "train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", folder[output], "--max-length", "64", "--batch-size", "2",
            "--gradient-accumulation", "2", "--epochs", "40", "--max-steps", steps, "--checkpoint-every", "1", "--keep-checkpoints", "2", "--json",
        ];
        JsonObject whole = Tool.Run(Arguments("whole")).MustSucceed().Json();
        int killed = 0;
        for (int attempt = 0; attempt < 4 * Kills && killed < Kills; attempt++)
        {
            using Process process = Tool.Start([.. Arguments("killed"), "--resume"]);
            _ = process.StandardError.ReadToEndAsync();
            int before = Lines(folder["killed/metrics.jsonl"]);
            while (!process.HasExited && Lines(folder["killed/metrics.jsonl"]) <= before)
            {
                Thread.Sleep(5);
            }

            Thread.Sleep(random.Next(400));
            killed += process.HasExited ? 0 : 1;
            process.Kill();
            process.WaitForExit();
        }

        JsonObject resumed = Tool.Run([.. Arguments("killed"), "--resume"]).MustSucceed().Json();

        Console.WriteLine($"{killed} kills");
        Assert.IsGreaterThanOrEqualTo(Math.Min(2, Kills), killed);
        Assert.AreEqual((int)whole["steps"]!, (int)resumed["steps"]!);
        Assert.IsTrue(File.ReadAllBytes(folder["whole/model.safetensors"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["killed/model.safetensors"])));
        CollectionAssert.AreEqual(Losses(folder["whole/metrics.jsonl"]), Losses(folder["killed/metrics.jsonl"]));
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder["killed/checkpoint"], ".writing-*"));
    }

    [TestMethod]
    public void Train_SftWithoutAHeldOutTeacherAnswer_SaysThatPerplexityIsNotMeasured()
    {
        using TemporaryFolder folder = new();
        _ = Products.Distill;
        File.WriteAllLines(folder["held.jsonl"], File.ReadLines(Products.Pairs).Select(line =>
        {
            JsonObject row = JsonNode.Parse(line)!.AsObject();
            row.Remove("teacher_response");
            return row.ToJsonString();
        }));
        string[] arguments = ["train", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--batch-size", "2", "--max-steps", "1", "--max-length", "64"];

        string silent = Tool.Run([.. arguments, "--out", folder["ranking"], "--validation", folder["held.jsonl"]]).MustSucceed().Output;
        string said = Tool.Run([.. arguments, "--out", folder["sft"], "--validation", folder["held.jsonl"], "--sft-weight", "0.1"]).MustSucceed().Output;

        Assert.IsFalse(silent.Contains("perplexity", StringComparison.Ordinal), silent);
        StringAssert.Contains(said, "perplexity not measured: there are no held-out teacher answers");
    }

    [TestMethod]
    public void Train_SecondRunIntoAFinishedFolderKilled_IsRefusedWithoutResume()
    {
        using TemporaryFolder folder = new();
        string[] arguments =
        [
            "train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", folder["model"], "--max-length", "64", "--batch-size", "2",
            "--checkpoint-every", "1", "--json",
        ];
        Tool.Run([.. arguments, "--max-steps", "1"]).MustSucceed();
        using (Process process = Tool.Start([.. arguments, "--epochs", "50", "--seed", "7"]))
        {
            _ = process.StandardError.ReadToEndAsync();
            string second = folder["model/checkpoint/step-00000002"];
            while (!process.HasExited && !Directory.Exists(second))
            {
                Thread.Sleep(5);
            }

            Tool.Run([.. arguments, "--resume", "--epochs", "50", "--seed", "7"]).MustFail(1, "another training run is writing here", folder["model"]);
            process.Kill();
            process.WaitForExit();
        }

        Tool.Run(arguments).MustFail(2, "--resume", "not finished");
        Tool.Run([.. arguments, "--resume", "--epochs", "50", "--seed", "7", "--max-steps", "1"]).MustSucceed();
    }

    [TestMethod]
    public void Train_MlpHeadInBFloat16_IsResumedEvaluatedAndExported()
    {
        using TemporaryFolder folder = new();
        string[] arguments =
        [
            "train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", folder["model"], "--head", "mlp", "--optimizer-state", "bf16", "--weights", "bf16",
            "--max-length", "64", "--batch-size", "4", "--epochs", "2", "--json",
        ];
        Tool.Run([.. arguments, "--max-steps", "1"]).MustSucceed();
        JsonObject result = Tool.Run([.. arguments, "--resume"]).MustSucceed().Json();

        Assert.IsGreaterThan(2, (int)result["steps"]!);
        JsonObject exported = Tool.Run("export", "--model", folder["model"], "--out", folder["onnx"], "--json").MustSucceed().Json();
        Assert.IsLessThan(1e-4, (double)exported["parity_max_abs"]!);
        double torch = (double)Tool.Run("evaluate", "--model", folder["model"], "--pairs", Products.FewPairs, "--json").MustSucceed().Json()["accuracy"]!;
        Assert.AreEqual(torch, (double)Tool.Run("evaluate", "--model", folder["onnx"], "--pairs", Products.FewPairs, "--json").MustSucceed().Json()["accuracy"]!);
        Tool.Run([.. arguments.Select(word => word == "bf16" ? "fp32" : word), "--resume"]).MustFail(1, "optimizer_state", "BFloat16");
        Tool.Run("train", "--pairs", Products.FewPairs, "--backbone", folder["model"], "--out", folder["other"], "--head", "linear").MustFail(1, "head of its own, Mlp");
        Tool.Run("train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", folder["other"], "--head", "mpl").MustFail(2, "Did you mean 'mlp'?");
        Tool.Run("train", "--pairs", Products.FewPairs, "--bakbone", Products.Backbone, "--out", folder["other"]).MustFail(2, "'--bakbone' is no option", "Did you mean '--backbone'?");
        Tool.Run("train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", folder["other"], "--device", "gpu").MustFail(2, "--device is 'gpu'", "cuda:N");
        Tool.Run("train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", folder["other"], "--device", "cuda").MustFail(1, "Device 'cuda' is not available", "TorchBackend");
    }

    [TestMethod]
    public void Train_ScoredLists_LearnsTheirOrder()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["lists.jsonl"], Enumerable.Range(0, 6).Select(i => new JsonObject
        {
            ["id"] = $"q{i}",
            ["prompt"] = $"Count to {i}.",
            ["responses"] = new JsonArray("One, two, three.", "No.", $"I count to {i}.", "Two."),
            ["scores"] = new JsonArray(6, 1, 9, 3.5),
        }.ToJsonString()));
        string[] arguments = ["train", "--pairs", folder["lists.jsonl"], "--backbone", Products.Backbone, "--out", folder["model"], "--batch-size", "2", "--epochs", "4", "--json"];

        JsonObject result = Tool.Run(
            [.. arguments, "--objective", "plackett-luce", "--lora-rank", "4", "--gradient-checkpointing", "--center-weight", "0.01", "--learning-rate", "3e-3", "--tensorboard"]).MustSucceed().Json();

        Assert.AreEqual(5, (int)result["pairs"]!);
        Assert.IsGreaterThan(0.6, (double)result["accuracy"]!);
        Assert.IsTrue(File.Exists(folder["model/adapter/adapter_model.safetensors"]));
        Assert.HasCount(1, Directory.GetFiles(folder["model/tensorboard"]));
        Tool.Run("evaluate", "--model", folder["model"], "--pairs", Products.FewPairs, "--json").MustSucceed();
        Tool.Run(["train", "--pairs", folder["lists.jsonl"], "--backbone", Products.Backbone, "--out", folder["other"]]).MustFail(1, "lists of answers", "plackett-luce");
    }

    [TestMethod]
    public void Train_Texts_GivesABetterLanguageModel()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["texts.jsonl"], Enumerable.Range(0, 40).Select(i => i % 2 == 0
            ? new JsonObject { ["text"] = $"The number {i} is even, and the next even number is {i + 2}." }.ToJsonString()
            : new JsonObject
            {
                ["messages"] = new JsonArray(
                    new JsonObject { ["role"] = "user", ["content"] = $"Is {i} even?" }, new JsonObject { ["role"] = "assistant", ["content"] = $"No, the number {i} is odd." }),
            }.ToJsonString()));
        string[] arguments =
        [
            "train", "--objective", "causal-lm", "--texts", folder["texts.jsonl"], "--backbone", Products.Backbone, "--out", folder["language"], "--max-length", "64",
            "--batch-size", "4", "--epochs", "6", "--learning-rate", "1e-3", "--schedule", "wsd", "--json",
        ];

        JsonObject result = Tool.Run(arguments).MustSucceed().Json();

        Assert.IsLessThan((double)result["perplexity_before"]! / 2, (double)result["perplexity_after"]!);
        JsonNode config = JsonNode.Parse(File.ReadAllText(folder["language/config.json"]))!;
        Assert.AreEqual("LlamaForCausalLM", (string)config["architectures"]![0]!);
        Assert.AreEqual("supported", Tool.Run("inspect", folder["language"]).MustSucceed().Output.Contains("supported           yes", StringComparison.Ordinal) ? "supported" : "not");
        Tool.Run("train", "--pairs", Products.FewPairs, "--backbone", folder["language"], "--out", folder["reward"], "--max-steps", "1", "--max-length", "64").MustSucceed();
        Tool.Run([.. arguments, "--pairs", Products.FewPairs]).MustFail(2, "--pairs is given", "causal-lm");
        Tool.Run([.. arguments, "--sft-weight", "1"]).MustFail(2, "--sft-weight has no meaning", "causal-lm");
        Tool.Run("train", "--texts", folder["texts.jsonl"], "--backbone", Products.Backbone, "--out", folder["x"]).MustFail(2, "--texts is given");
        Tool.Run("train", "--backbone", Products.Backbone, "--out", folder["x"]).MustFail(2, "--pairs, which is missing");
    }

    [TestMethod]
    public void TeacherLogits_SameAndOtherTokenizer_AreTrainedOn()
    {
        using TemporaryFolder folder = new();
        _ = Products.Distill;
        string[] shorter = ["train", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--max-steps", "2", "--batch-size", "4", "--kl-weight", "1", "--json"];
        string[] train = [.. shorter, "--max-length", "128"];

        JsonObject written = Tool.Run(
            "teacher-logits", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--teacher-backbone", Products.Backbone, "--max-length", "128", "--top-k", "16",
            "--out", folder["same.rmtl"], "--json").MustSucceed().Json();
        double loss = (double)Tool.Run([.. train, "--out", folder["m1"], "--teacher-logits", folder["same.rmtl"]]).MustSucceed().Json()["loss"]!;

        Assert.AreEqual("tokens", (string)written["kind"]!);
        Assert.AreEqual(1.0, (double)written["known_share"]!);
        Assert.IsLessThan(4 * 16 * (double)written["tokens"]! * 1.05 + 2000, (double)written["bytes"]!);
        Assert.IsTrue(double.IsFinite(loss));
        Tool.Run([.. shorter, "--out", folder["m2"], "--teacher-logits", folder["same.rmtl"], "--max-length", "64"]).MustFail(1, "teacher responses are not in it", "maximum length");
        Tool.Run("teacher-logits", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--out", folder["x.rmtl"]).MustFail(2, "exactly one of --teacher-backbone and --journal");
        Tool.Run("teacher-logits", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--journal", Products.Journal, "--out", folder["x.rmtl"]).MustFail(1, "none of the", "--top-logprobs");

        Tool.Run("train", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--out", folder["m4"], "--teacher-logits", folder["same.rmtl"]).MustFail(2, "--kl-weight is 0");

        string other = TestData.SharedOrSkip("models", "stories260K");
        JsonObject spans = Tool.Run(
            "teacher-logits", "--pairs", Products.Pairs, "--backbone", Products.Backbone, "--teacher-backbone", other, "--max-length", "128", "--out", folder["other.rmtl"], "--json")
            .MustSucceed().Json();
        Assert.AreEqual("spans", (string)spans["kind"]!);
        Assert.IsGreaterThan(0.5, (double)spans["known_share"]!);
        Tool.Run([.. train, "--out", folder["m3"], "--teacher-logits", folder["other.rmtl"]]).MustSucceed();
    }

    private static int Lines(string path)
    {
        try
        {
            using StreamReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd().Count(character => character == '\n');
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static string[] Losses(string path)
        => [.. File.ReadLines(path).Select(line => JsonNode.Parse(line)!).Select(step => $"{step["step"]} {step["loss"]} {step["gradient_norm"]} {step["learning_rate"]} {step["validation_loss"]}")];
}
