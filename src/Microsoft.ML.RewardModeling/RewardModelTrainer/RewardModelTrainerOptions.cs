namespace Microsoft.ML.RewardModeling;

/// <summary>
/// How a reward model is trained. Defaults suit small backbones on a CPU; all values are checked once, when the trainer is
/// made, and every error is named.
/// </summary>
public sealed record RewardModelTrainerOptions
{
    /// <summary>
    /// A Hugging Face directory: <c>config.json</c>, safetensors weights, <c>tokenizer.json</c>. A <c>*ForCausalLM</c> gets a
    /// fresh reward head; a <c>*ForSequenceClassification</c> with one label is trained further.
    /// </summary>
    public required string Backbone { get; init; }

    /// <summary>What the rewards of a pair are trained towards. Default <see cref="RewardObjective.MarginRegression"/>, the paper's.</summary>
    public RewardObjective Objective { get; init; } = RewardObjective.MarginRegression;

    /// <summary>k: rewards per point of the teacher's margin, in the objectives that use margins. Default 1. Above 0.</summary>
    public float MarginScale { get; init; } = 1f;

    /// <summary>
    /// Weight of both generative signals (the teacher's words and the teacher's distribution) unless
    /// <see cref="SftWeight"/> or <see cref="KlWeight"/> says otherwise. Default 0: ranking only. At least 0.
    /// Rows without a teacher response take part in the ranking alone; at least one row must have one.
    /// </summary>
    public float GenerativeWeight { get; init; }

    /// <summary>Weight of the negative log-likelihood of the teacher's response. Default null: <see cref="GenerativeWeight"/>. At least 0.</summary>
    public float? SftWeight { get; init; }

    /// <summary>
    /// Weight of KL(teacher || student) on the teacher's response. Default null: <see cref="GenerativeWeight"/>. At least 0.
    /// The teacher's distributions are computed before training from <see cref="TeacherBackbone"/>.
    /// </summary>
    public float? KlWeight { get; init; }

    /// <summary>Temperature of the KL term. Default 1. Above 0.</summary>
    public float KlTemperature { get; init; } = 1f;

    /// <summary>
    /// A causal language model directory whose token distributions the KL term holds the student to; it must have the
    /// backbone's tokenizer. Default null: the backbone itself as it was before training.
    /// </summary>
    public string? TeacherBackbone { get; init; }

    /// <summary>How many of the teacher's most likely tokens are kept per position; the rest is one bucket. Default 32. At least 1.</summary>
    public int TeacherTopK { get; init; } = 32;

    /// <summary>Passes over the training pairs. Default 1. At least 1.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Pairs in one forward and backward pass. Default 8. At least 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Passes whose gradients make one optimiser step, as if they were one batch. Default 1. At least 1.</summary>
    public int GradientAccumulation { get; init; } = 1;

    /// <summary>Highest learning rate of AdamW, reached after warm-up. Default 1e-4. Above 0, at most 1.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Share of the steps in which the rate rises linearly; afterwards it falls along a cosine. Default 0.1. 0 to 1.</summary>
    public double WarmupRatio { get; init; } = 0.1;

    /// <summary>AdamW's weight decay on matrices. Default 0.01. At least 0.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest norm of all gradients together. Default 1. Above 0.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Stops after this many steps; the schedule of the learning rate stays that of all epochs. Default null: no limit. At least 1.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>
    /// The most tokens of a prompt with its answer. Default null: the backbone's own maximum. A longer text loses the oldest
    /// part of its prompt, never its answer; how many did is logged. At least 8; at most what the backbone's positions reach.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>
    /// Share of the prompts, with all their pairs, held out to measure accuracy while training. Default 0.1. From 0 to less
    /// than 1; not used when <see cref="ValidationData"/> is given.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>Pairs to measure accuracy on instead of holding out prompts; same columns as the training data. Default null.</summary>
    public IDataView? ValidationData { get; init; }

    /// <summary>Steps between validations. Default null: at the end of every epoch only. At least 1.</summary>
    public int? ValidationEverySteps { get; init; }

    /// <summary>Seed of head, order and split: the same data, options and machine give the same model. Default 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>
    /// A folder for the trained model, <c>metrics.jsonl</c> and the checkpoint. Default null: the model stays in memory and
    /// nothing is written.
    /// </summary>
    public string? OutputDirectory { get; init; }

    /// <summary>
    /// Goes on from the checkpoint in <see cref="OutputDirectory"/>, if there is one; it must be of the same backbone, data and
    /// options. Default false: training starts anew, and the checkpoint of an earlier run is deleted.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>Receives the numbers of every step. Default null. The same go, more rarely, to <c>mlContext.Log</c>.</summary>
    public IProgress<StepMetrics>? Progress { get; init; }

    /// <summary>Stops the training with <see cref="OperationCanceledException"/>. Default: never.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Columns the trained model reads and writes, of which the trainer reads prompt, chosen and rejected.</summary>
    public RewardModelColumns Columns { get; init; } = new();

    internal float EffectiveSftWeight => SftWeight ?? GenerativeWeight;

    internal float EffectiveKlWeight => KlWeight ?? GenerativeWeight;

    internal void Validate()
    {
        var errors = new List<string>();
        void Check(bool isValid, string name, object? value, string expected)
        {
            if (!isValid)
            {
                errors.Add(FormattableString.Invariant($"{name} is {value ?? "null"}; expected {expected}"));
            }
        }

        Check(!string.IsNullOrWhiteSpace(Backbone), nameof(Backbone), Backbone is null ? null : $"'{Backbone}'", "a Hugging Face model directory");
        Check(Enum.IsDefined(Objective), nameof(Objective), Objective, $"one of {string.Join(", ", Enum.GetNames<RewardObjective>())}");
        Check(float.IsFinite(MarginScale) && MarginScale > 0, nameof(MarginScale), MarginScale, "a number above 0");
        Check(IsWeight(GenerativeWeight), nameof(GenerativeWeight), GenerativeWeight, "a number of at least 0");
        Check(IsWeight(SftWeight ?? 0), nameof(SftWeight), SftWeight, "a number of at least 0");
        Check(IsWeight(KlWeight ?? 0), nameof(KlWeight), KlWeight, "a number of at least 0");
        Check(float.IsFinite(KlTemperature) && KlTemperature > 0, nameof(KlTemperature), KlTemperature, "a number above 0");
        Check(TeacherBackbone is null || !string.IsNullOrWhiteSpace(TeacherBackbone), nameof(TeacherBackbone), "empty", "a directory, or null for the backbone");
        Check(TeacherTopK >= 1, nameof(TeacherTopK), TeacherTopK, "at least 1");
        Check(Epochs >= 1, nameof(Epochs), Epochs, "at least 1");
        Check(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        Check(GradientAccumulation >= 1, nameof(GradientAccumulation), GradientAccumulation, "at least 1");
        Check(LearningRate is > 0 and <= 1, nameof(LearningRate), LearningRate, "above 0 and at most 1");
        Check(WarmupRatio is >= 0 and <= 1, nameof(WarmupRatio), WarmupRatio, "0 to 1");
        Check(double.IsFinite(WeightDecay) && WeightDecay >= 0, nameof(WeightDecay), WeightDecay, "a number of at least 0");
        Check(double.IsFinite(GradientClip) && GradientClip > 0, nameof(GradientClip), GradientClip, "a number above 0");
        Check(MaxSteps is null or >= 1, nameof(MaxSteps), MaxSteps, "at least 1, or null for no limit");
        Check(MaxLength is null or >= 8, nameof(MaxLength), MaxLength, "at least 8, or null for the backbone's maximum");
        Check(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), ValidationFraction, "from 0 to less than 1");
        Check(ValidationEverySteps is null or >= 1, nameof(ValidationEverySteps), ValidationEverySteps, "at least 1, or null for the ends of epochs only");
        Check(OutputDirectory is null || !string.IsNullOrWhiteSpace(OutputDirectory), nameof(OutputDirectory), "empty", "a folder, or null");
        Check(!Resume || OutputDirectory is not null, nameof(Resume), Resume, "false without OutputDirectory, which holds the checkpoint");
        errors.AddRange(Columns?.Problems() ?? ["Columns is null; expected column names"]);
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors) + ".", "options");
        }
    }

    private static bool IsWeight(float value) => float.IsFinite(value) && value >= 0;
}
