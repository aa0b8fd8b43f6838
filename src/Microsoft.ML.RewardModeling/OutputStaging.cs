namespace Microsoft.ML.RewardModeling;

/// <summary>
/// A hidden folder inside the output folder that takes all files first. Nothing under a final name changes before
/// <see cref="Publish"/>, so a failed run leaves the folder as it was. Being inside keeps the moves on one file system.
/// </summary>
internal sealed class OutputStaging : IDisposable
{
    private readonly string _output;
    private readonly bool _created;
    private bool _published;

    /// <summary>Makes the output folder (if needed) and the staging folder, and shows that files can be written there.</summary>
    /// <exception cref="RewardModelingException">The folder cannot be written.</exception>
    public OutputStaging(string output)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        _output = System.IO.Path.GetFullPath(output);
        Path = System.IO.Path.Combine(_output, $".partial-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        _created = !Directory.Exists(_output);
        try
        {
            Directory.CreateDirectory(Path);
            string probe = System.IO.Path.Combine(Path, "probe");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException(
                $"{output}: the output folder cannot be written ({e.Message}). Choose a folder this user may create and write.", e);
        }
    }

    /// <summary>Where to write.</summary>
    public string Path { get; }

    /// <summary>
    /// Moves everything into place. The file named <paramref name="last"/>, without which a reader refuses the folder, is
    /// removed first and arrives last, so that a kill in between leaves a folder that does not look complete.
    /// <paramref name="stale"/> are names an earlier run may have left that this one does not write.
    /// </summary>
    public void Publish(string last, IEnumerable<string> stale)
    {
        foreach (string name in (IEnumerable<string>)[last, .. stale])
        {
            File.Delete(System.IO.Path.Combine(_output, name));
        }

        foreach (string file in Directory.GetFiles(Path).OrderBy(f => System.IO.Path.GetFileName(f) == last).ThenBy(f => f, StringComparer.Ordinal))
        {
            File.Move(file, System.IO.Path.Combine(_output, System.IO.Path.GetFileName(file)), overwrite: true);
        }

        _published = true;
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }

        if (_created && !_published && Directory.Exists(_output) && !Directory.EnumerateFileSystemEntries(_output).Any())
        {
            Directory.Delete(_output);
        }
    }
}
