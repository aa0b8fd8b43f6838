using System.CommandLine;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Teaching;

/// <summary>The options about scores that are too near to say which answer is better.</summary>
internal sealed class TieOptions
{
    private readonly Option<float> _minimumMargin = Options.Number("--minimum-margin", "X", "Score differences below this count as a tie.", new TeacherScoreMarginOptions().MinimumMargin, 0f, 9f);
    private readonly Option<string> _policy = Options.Choice("--ties", "What becomes of a tie: it is rated once more and then marked, marked at once, or kept as usable", "rate-again", "rate-again", "mark", "keep");

    public void AddTo(Command command)
    {
        command.Add(_minimumMargin);
        command.Add(_policy);
    }

    public float MinimumMargin(ParseResult parsed) => parsed.GetValue(_minimumMargin);

    public TiePolicy Policy(ParseResult parsed) => parsed.GetValue(_policy) switch
    {
        "mark" => TiePolicy.Mark,
        "keep" => TiePolicy.Keep,
        _ => TiePolicy.RateAgain,
    };
}
