using System.Globalization;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// What was spent, what is reserved for calls on their way, and what may be. A call is sent only when its reservation fits;
/// while others are on their way it waits, because they may take less than was reserved for them. Thread-safe.
/// </summary>
internal sealed class TeacherBudget(TeacherClientOptions options, TeacherPrice? price)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;
    private int _inFlight;
    private (long Input, long Output) _spent;
    private (long Input, long Output) _reserved;

    /// <summary>The cost of what was spent; null without a price.</summary>
    public decimal? Cost
    {
        get
        {
            lock (_gate)
            {
                return price?.Of(_spent.Input, _spent.Output);
            }
        }
    }

    /// <summary>Counts a call, and keeps so many tokens for it until <see cref="End"/>.</summary>
    /// <exception cref="RewardModelingException">Nothing is left that the call could be paid from.</exception>
    public async ValueTask ReserveAsync(long input, long output, CancellationToken cancellationToken)
    {
        while (Reserve(input, output) is { } change)
        {
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The call was not sent after all.</summary>
    public void Cancel(long input, long output)
    {
        lock (_gate)
        {
            _calls--;
            Release(input, output);
        }
    }

    /// <summary>The call is over: in place of its reservation stands what it took.</summary>
    public void End(long input, long output, long usedInput, long usedOutput)
    {
        lock (_gate)
        {
            _spent = (_spent.Input + usedInput, _spent.Output + usedOutput);
            Release(input, output);
        }
    }

    /// <summary>Counts what another engine has spent.</summary>
    public void Add(long input, long output)
    {
        lock (_gate)
        {
            _spent = (_spent.Input + input, _spent.Output + output);
        }
    }

    /// <returns>Null when the call may be sent; else what to wait for before trying again.</returns>
    private Task? Reserve(long input, long output)
    {
        lock (_gate)
        {
            if (_calls >= options.MaxCalls)
            {
                throw UsedUp(string.Create(CultureInfo.InvariantCulture, $"{options.MaxCalls} teacher calls is used up"));
            }

            (long Input, long Output) after = (_spent.Input + _reserved.Input + input, _spent.Output + _reserved.Output + output);
            bool tooManyTokens = after.Input + after.Output > options.MaxTokens;
            bool tooDear = price?.Of(after.Input, after.Output) > options.MaxCost;
            if (!tooManyTokens && !tooDear)
            {
                _calls++;
                _inFlight++;
                _reserved = (_reserved.Input + input, _reserved.Output + output);
                return null;
            }

            if (_inFlight > 0)
            {
                return _change.Task;
            }

            throw UsedUp(tooManyTokens
                ? Left(options.MaxTokens!.Value, _spent.Input + _spent.Output, input + output, "tokens")
                : Left(options.MaxCost!.Value, price!.Of(_spent.Input, _spent.Output), price.Of(input, output), "for tokens"));
        }
    }

    private void Release(long input, long output)
    {
        _inFlight--;
        _reserved = (_reserved.Input - input, _reserved.Output - output);
        TaskCompletionSource waited = _change;
        _change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waited.SetResult();
    }

    private static string Left<T>(T limit, T spent, T next, string unit)
        where T : System.Numerics.INumber<T>
        => spent >= limit
            ? string.Create(CultureInfo.InvariantCulture, $"{limit} {unit} is used up")
            : string.Create(CultureInfo.InvariantCulture, $"{limit} {unit} is used up but for {limit - spent}, and the next call may take {next}");

    private RewardModelingException UsedUp(string budget) => new(
        $"The budget of {budget}. Everything paid for is kept in {options.JournalPath}: raise the limit and run the same again, "
        + "and it goes on from here.") { CanResume = true };
}
