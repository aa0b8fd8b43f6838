using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Export;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Scoring;
using Microsoft.ML.RewardModeling.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>Trains a backbone on texts and saves it as a language model.</summary>
internal static class LanguageModelTraining
{
    public static TrainingSummary Run(IHostEnvironment environment, IEnumerable<LanguageText> texts, IEnumerable<LanguageText>? validation, RewardModelTrainerOptions options)
    {
        options.Validate();
        string output = options.OutputDirectory ?? throw new ArgumentException("OutputDirectory is null; expected a folder for the trained language model.", nameof(options));
        using IChannel channel = environment.Register(nameof(RewardModelTrainer)).Start("Training");
        using (var probe = new OutputStaging(output))
        {
            // Only shows that the folder can be written.
        }

        BackboneConfig config = BackboneConfig.Load(options.Backbone);
        RewardTextEncoder encoder = RewardTextEncoder.Load(options.Backbone, options.MaxLength);
        int length = Math.Min(encoder.MaxLength, config.MaxPositions);
        (IReadOnlyList<int[]> train, IReadOnlyList<int[]> held) = Read(texts, validation, encoder, options);
        IReadOnlyList<int[]> blocks = TextPacking.Blocks(train, length, options.Seed), heldBlocks = TextPacking.Blocks(held, length, null);
        channel.Info(
            MessageSensitivity.None,
            "Training data: {0} texts, {1} tokens in {2} blocks of {3}; {4} texts, {5} tokens are held out for validation.",
            train.Count, train.Sum(text => (long)text.Length), blocks.Count, length, held.Count, held.Sum(text => (long)text.Length));
        using RewardModel model = RewardModel.Load(options.Backbone, new RewardModelLoadOptions
        {
            Seed = options.Seed, Device = options.Device, TokenizerVocabularySize = encoder.Tokenizer.VocabularySize,
        });
        TrainingSummary summary = TrainingRun.RunOnTexts(
            model,
            blocks,
            heldBlocks,
            OptionMapping.Common(options),
            new TrainingLog(channel, options.Progress),
            text => channel.Warning(MessageSensitivity.None, "{0}", text),
            options.CancellationToken);
        model.Save(output, new RewardModelSaveOptions { AsLanguageModel = true, Card = Card(options, length, summary) });
        channel.Info(MessageSensitivity.None, "Trained {0} steps on {1} blocks in {2:0.0} s.", summary.Steps, summary.Pairs, summary.Elapsed.TotalSeconds);
        return summary;
    }

    /// <summary>Texts as ids; held out are those with the smallest hashes, so that the choice does not depend on the order.</summary>
    private static (IReadOnlyList<int[]> Train, IReadOnlyList<int[]> Held) Read(
        IEnumerable<LanguageText> texts, IEnumerable<LanguageText>? validation, RewardTextEncoder encoder, RewardModelTrainerOptions options)
    {
        RewardTextEncoder whole = encoder.WithMaxLength(int.MaxValue);
        List<(string Key, int[] Ids)> all = [];
        foreach (LanguageText text in texts)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            all.Add((text.Text ?? text.Messages?.ToColumnText() ?? "", Encode(text, whole)));
        }

        if (validation is not null)
        {
            return ([.. all.Select(text => text.Ids)], [.. validation.Select(text => Encode(text, whole))]);
        }

        HashSet<string> held = PromptSplit.ValidationPrompts(all.Select(text => text.Key), options.ValidationFraction, options.Seed);
        return ([.. all.Where(text => !held.Contains(text.Key)).Select(text => text.Ids)], [.. all.Where(text => held.Contains(text.Key)).Select(text => text.Ids)]);
    }

    private static int[] Encode(LanguageText text, RewardTextEncoder encoder)
    {
        if (text.Messages is { } messages && text.Text is null)
        {
            if (messages.Turns.Count < 2 || messages.Turns[^1].Role != "assistant")
            {
                throw new RewardModelingException($"Text '{text.Id}' has messages that do not end with an answer of the assistant; expected at least two turns, the last the assistant's. Correct the row.");
            }

            return encoder.Encode([.. messages.Turns.SkipLast(1).Select(turn => new ChatTurn(turn.Role, turn.Content))], messages.Turns[^1].Content).Ids;
        }

        if (text.Text is not { Length: > 0 } content || text.Messages is not null)
        {
            throw new RewardModelingException($"Text '{text.Id}' has {(text.Text is null ? "neither text nor messages" : text.Messages is null ? "an empty text" : "text and messages")}; expected one of them. Correct the row.");
        }

        int[] ids = encoder.Tokenizer.Encode(content, addSpecialTokens: true);
        return encoder.Tokenizer.EosTokenId is { } end && (ids.Length == 0 || ids[^1] != end) ? [.. ids, end] : ids;
    }

    private static JsonObject Card(RewardModelTrainerOptions options, int length, TrainingSummary summary) => new()
    {
        ["objective"] = "causal-lm",
        ["max_length"] = length,
        ["epochs"] = options.Epochs,
        ["batch_size"] = options.BatchSize,
        ["gradient_accumulation"] = options.GradientAccumulation,
        ["learning_rate"] = options.LearningRate,
        ["schedule"] = options.Schedule.ToString(),
        ["lora"] = options.Lora?.ToString(),
        ["seed"] = options.Seed,
        ["steps"] = summary.Steps,
        ["blocks"] = summary.Pairs,
        ["perplexity_before"] = summary.PerplexityBefore,
        ["perplexity_after"] = summary.PerplexityAfter,
        ["data_sha256"] = summary.DataSha256,
        ["created_by"] = OnnxExporter.CreatedBy,
    };
}
