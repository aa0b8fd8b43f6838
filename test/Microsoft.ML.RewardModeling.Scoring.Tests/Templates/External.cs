using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Runs a program that may be missing on this machine.</summary>
internal static class External
{
    /// <summary>What the program writes, line by line; null, with the reason, where it is missing or fails.</summary>
    public static string[]? Run(string program, IEnumerable<string> arguments, IEnumerable<string> input, out string reason)
    {
        UTF8Encoding encoding = new(encoderShouldEmitUTF8Identifier: false);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
                StandardInputEncoding = encoding, StandardOutputEncoding = encoding,
            })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            try
            {
                process.StandardInput.Write(string.Concat(input.Select(line => line + "\n")));
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything; its error says why.
            }

            process.WaitForExit();
            reason = errors.Result.Trim().Split('\n')[^1];
            return process.ExitCode == 0 ? output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries) : null;
        }
        catch (Win32Exception exception)
        {
            reason = exception.Message;
            return null;
        }
    }
}
