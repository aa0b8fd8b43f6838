using System.Globalization;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What was spent, what is being spent, and what may be. Not thread-safe.</summary>
internal sealed class TeacherBudget(TeacherClientOptions options, TeacherPrice? price)
{
    private int _calls;
    private long _input;
    private long _output;

    public decimal? Cost => price?.Of(_input, _output);

    /// <summary>Counts a call with its estimate, which stands until the call is over.</summary>
    /// <exception cref="RewardModelingException">Nothing is left.</exception>
    public void Start(long input, long output)
    {
        if (_calls >= options.MaxCalls)
        {
            throw UsedUp(string.Create(CultureInfo.InvariantCulture, $"{options.MaxCalls} teacher calls"));
        }

        if (_input + _output >= options.MaxTokens)
        {
            throw UsedUp(string.Create(CultureInfo.InvariantCulture, $"{options.MaxTokens} tokens"));
        }

        if (Cost >= options.MaxCost)
        {
            throw UsedUp(string.Create(CultureInfo.InvariantCulture, $"{options.MaxCost} for tokens"));
        }

        _calls++;
        Add(input, output);
    }

    /// <summary>The call is over: its estimate becomes what it took.</summary>
    public void End(long input, long output, long usedInput, long usedOutput) => Add(usedInput - input, usedOutput - output);

    public void Add(long input, long output)
    {
        _input += input;
        _output += output;
    }

    private RewardModelingException UsedUp(string budget) => new(
        $"The budget of {budget} is used up. Everything paid for is kept in {options.JournalPath}: raise the limit and run the same again, "
        + "and it goes on from here.") { CanResume = true };
}
