using System.ClientModel;
using Microsoft.Extensions.AI;
using OpenAI;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool;

/// <summary>Makes the chat client of a server that speaks OpenAI's protocol.</summary>
internal static class OpenAITeacher
{
    /// <summary>The only place the key is read from; it never is an argument, so that it is in no shell history or process list.</summary>
    public const string KeyVariable = "OPENAI_API_KEY";

    public static IChatClient Create(TeacherSpec spec)
    {
        string? key = Environment.GetEnvironmentVariable(KeyVariable);
        if (string.IsNullOrWhiteSpace(key))
        {
            // Servers of one's own mostly want no key, but the client insists on some text.
            key = spec.Endpoint is not null ? "none" : throw new UsageException(
                $"--teacher openai:{spec.Name} needs a key in the environment variable {KeyVariable}, which is not set. "
                + $"Set it (export {KeyVariable}=...), or name a server of your own with --endpoint URL.");
        }

        OpenAIClientOptions options = new();
        if (spec.Endpoint is not null)
        {
            options.Endpoint = spec.Endpoint;
        }

        return new OpenAIClient(new ApiKeyCredential(key), options).GetChatClient(spec.Name).AsIChatClient();
    }
}
