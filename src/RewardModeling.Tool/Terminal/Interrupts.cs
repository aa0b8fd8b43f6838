using System.Runtime.InteropServices;

namespace RewardModeling.Tool.Terminal;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the work to finish what is in flight and keep it, the second ends the process.
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TextWriter _error;

    public Interrupts(TextWriter error)
    {
        _error = error;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (_source.IsCancellationRequested)
        {
            // Left to the runtime, which ends the process with 128 + signal.
            return;
        }

        context.Cancel = true;
        _error.WriteLine();
        _error.WriteLine("Stopping: what is in flight is finished and kept. Press Ctrl-C again to end at once.");
        _source.Cancel();
    }
}
