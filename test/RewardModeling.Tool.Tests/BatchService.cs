using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling;

namespace RewardModeling.Tool.Tests;

/// <summary>A batch service whose model knows the recorded pairs.</summary>
internal static class BatchService
{
    /// <summary>What a batch service does, in reverse order, and with failures where asked for.</summary>
    public static void Answer(string batch, string results, int failEvery = int.MaxValue)
    {
        using RecordedTeacher teacher = RecordedTeacher.Load(Products.RecordedPairs);
        File.WriteAllLines(results, File.ReadLines(batch).Reverse().Select((line, number) =>
        {
            JsonNode request = JsonNode.Parse(line)!;
            bool isFailed = (number + 1) % failEvery == 0;
            ChatMessage[] messages = [.. request["body"]!["messages"]!.AsArray().Select(m => new ChatMessage(new ChatRole((string)m!["role"]!), (string)m["content"]!))];
            JsonObject body = isFailed ? [] : new JsonObject
            {
                ["choices"] = new JsonArray(new JsonObject
                {
                    ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = teacher.GetResponseAsync(messages).GetAwaiter().GetResult().Text },
                    ["finish_reason"] = "stop",
                }),
            };
            return new JsonObject
            {
                ["custom_id"] = (string)request["custom_id"]!,
                ["response"] = new JsonObject { ["status_code"] = isFailed ? 500 : 200, ["body"] = body },
                ["error"] = null,
            }.ToJsonString();
        }));
    }
}
