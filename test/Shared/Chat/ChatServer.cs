using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace RewardModeling.Testing.Chat;

/// <summary>
/// A real web server on this machine that speaks OpenAI's chat-completions protocol (usage, logprobs, structured output) and
/// Ollama's, with scripted faults, and keeps its own log of what it charged for.
/// </summary>
internal sealed class ChatServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _attempts = new();
    private readonly ConcurrentQueue<ChatLogLine> _log = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Func<ChatCall, string> _reply;
    private readonly ChatFaults? _faults;
    private readonly TimeSpan _latency;
    private readonly bool _keepsLog;
    private readonly WebApplication _app;
    private int _running;
    private int _mostRunning;
    private volatile bool _isDown;

    private ChatServer(Func<ChatCall, string> reply, TimeSpan latency, ChatFaults? faults, bool keepsLog, int port)
    {
        (_reply, _latency, _faults, _keepsLog) = (reply, latency, faults, keepsLog);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.MapPost("/v1/chat/completions", (RequestDelegate)(context => AnswerAsync(context, isOllama: false)));
        _app.MapPost("/api/chat", (RequestDelegate)(context => AnswerAsync(context, isOllama: true)));
    }

    public string Endpoint => Address + "/v1";

    /// <summary>Where Ollama's protocol is spoken.</summary>
    public string Address => _app.Urls.First();

    /// <summary>The time on the clock of the log.</summary>
    public TimeSpan Now => _clock.Elapsed;

    /// <summary>The status with which a request always fails; null for one that does not.</summary>
    public Func<ChatCall, int?>? Refuse { get; set; }

    /// <summary>What the last request carried as its key.</summary>
    public string? Authorization { get; private set; }

    public IReadOnlyList<ChatLogLine> Log => [.. _log];

    /// <summary>Requests that wait for their answer now; without those that never get one.</summary>
    public int Running => Volatile.Read(ref _running);

    public int MostRunning => _mostRunning;

    /// <summary>While set, every request is told 503.</summary>
    public bool IsDown
    {
        get => _isDown;
        set => _isDown = value;
    }

    /// <summary>A hash of roles and contents: what a journal knows of a request, too.</summary>
    public static string QuestionOf(IEnumerable<(string Role, string Content)> messages)
        => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\u0001', messages.Select(m => m.Role + '\u0002' + m.Content)))));

    /// <summary>A port on which nobody listens now.</summary>
    public static int FreePort()
    {
        using System.Net.Sockets.TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static async Task<ChatServer> StartAsync(Func<ChatCall, string> reply, TimeSpan latency = default, ChatFaults? faults = null, bool keepsLog = true, int port = 0)
    {
        ChatServer server = new(reply, latency, faults, keepsLog, port);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(50));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context, bool isOllama)
    {
        TimeSpan arrived = _clock.Elapsed;
        InterlockedMax(ref _mostRunning, Interlocked.Increment(ref _running));
        bool isRunning = true;
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
            ChatCall call = Read(body.RootElement);
            Authorization = context.Request.Headers.Authorization;
            int attempt = _keepsLog ? _attempts.AddOrUpdate(call.Key, 1, (_, n) => n + 1) : 1;
            ChatOutcome outcome = _isDown ? ChatOutcome.ServerError : _faults?.Of(call.Key, attempt) ?? ChatOutcome.Answered;
            int tokens = 0;
            TimeSpan answered;
            if (!_isDown && Refuse?.Invoke(call) is { } status)
            {
                outcome = ChatOutcome.ServerError;
                answered = _clock.Elapsed;
                context.Response.StatusCode = status;
                await context.Response.WriteAsync(isOllama ? "{\"error\":\"sk-test was seen\"}" : "{\"error\":{\"message\":\"the key sk-test was seen\"}}");
            }
            else if (outcome == ChatOutcome.Answered)
            {
                await Task.Delay(_latency);
                string reply = _faults?.Spoil(call.Key, _reply(call)) ?? _reply(call);
                int prompt = call.Messages.Sum(m => (m.Content.Length / 4) + 4);
                tokens = prompt + (reply.Length / 4) + 1;
                byte[] bytes = isOllama
                    ? OllamaReply.Write(body.RootElement, reply, prompt, tokens - prompt)
                    : Write(reply, prompt, tokens - prompt, call.TopLogProbabilities);
                answered = _clock.Elapsed;
                Leave();
                context.Response.ContentType = isOllama ? "application/x-ndjson" : "application/json";
                context.Response.ContentLength = bytes.Length;
                await context.Response.Body.WriteAsync(bytes);
            }
            else
            {
                // One that hangs is cut by the client, which this side notices later than the client.
                answered = _clock.Elapsed;
                Leave();
                await FailAsync(context, outcome, attempt);
            }

            if (_keepsLog)
            {
                _log.Enqueue(new ChatLogLine(call.Key, QuestionOf(call.Messages), arrived, answered, outcome, tokens));
            }
        }
        finally
        {
            Leave();
        }

        // Before the client can know: its next request may arrive before this one has ended here.
        void Leave()
        {
            if (isRunning)
            {
                isRunning = false;
                Interlocked.Decrement(ref _running);
            }
        }
    }

    private static async Task FailAsync(HttpContext context, ChatOutcome outcome, int attempt)
    {
        switch (outcome)
        {
            case ChatOutcome.Throttled:
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "1";
                break;
            case ChatOutcome.BrokenConnection:
                context.Abort();
                break;
            case ChatOutcome.Hanging:
                try
                {
                    await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted);
                }
                catch (OperationCanceledException)
                {
                    // The client gave up, as it should.
                }

                break;
            default:
                context.Response.StatusCode = attempt % 2 == 0 ? 500 : 503;
                await context.Response.WriteAsync("{\"error\":{\"message\":\"the key sk-test was seen\"}}");
                break;
        }
    }

    private static ChatCall Read(JsonElement body) => new(
        [.. body.GetProperty("messages").EnumerateArray().Select(m => (m.GetProperty("role").GetString()!, TextOf(m.GetProperty("content"))))],
        (body.TryGetProperty("response_format", out JsonElement format) && format.GetProperty("type").GetString() == "json_schema")
            || (body.TryGetProperty("format", out JsonElement schema) && schema.ValueKind == JsonValueKind.Object),
        body.TryGetProperty("top_logprobs", out JsonElement top) ? top.GetInt32() : 0,
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body.GetRawText()))));

    private static string TextOf(JsonElement content) => content.ValueKind == JsonValueKind.String ? content.GetString()!
        : string.Concat(content.EnumerateArray().Select(part => part.GetProperty("text").GetString()));

    private static byte[] Write(string reply, int prompt, int completion, int topLogProbabilities)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("id", "chatcmpl-1");
            writer.WriteString("object", "chat.completion");
            writer.WriteNumber("created", 1);
            writer.WriteString("model", "judge");
            writer.WriteStartArray("choices");
            writer.WriteStartObject();
            writer.WriteNumber("index", 0);
            writer.WriteStartObject("message");
            writer.WriteString("role", "assistant");
            writer.WriteString("content", reply);
            writer.WriteEndObject();
            writer.WriteString("finish_reason", "stop");
            if (topLogProbabilities > 0)
            {
                WriteLogProbabilities(writer, reply, topLogProbabilities);
            }

            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteStartObject("usage");
            writer.WriteNumber("prompt_tokens", prompt);
            writer.WriteNumber("completion_tokens", completion);
            writer.WriteNumber("total_tokens", prompt + completion);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    // One token for each character; the alternatives to a digit are its neighbours.
    private static void WriteLogProbabilities(Utf8JsonWriter writer, string reply, int top)
    {
        writer.WriteStartObject("logprobs");
        writer.WriteStartArray("content");
        foreach (char character in reply)
        {
            char other = char.IsAsciiDigit(character) ? (char)('0' + ((character - '0' + 9) % 10)) : 'x';
            writer.WriteStartObject();
            WriteToken(character, -0.5);
            writer.WriteStartArray("top_logprobs");
            foreach ((char token, double value) in new[] { (character, -0.5), (other, -1.5) }.Take(top))
            {
                writer.WriteStartObject();
                WriteToken(token, value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();

        void WriteToken(char token, double value)
        {
            writer.WriteString("token", token.ToString());
            writer.WriteNumber("logprob", value);
            writer.WriteNull("bytes");
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = target; seen < value; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
