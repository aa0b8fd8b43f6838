using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace RewardModeling.Tool.Tests;

/// <summary>A server on this machine that speaks just enough of OpenAI's chat protocol to answer with a given text.</summary>
internal sealed class LocalTeacher : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<int, string> _reply;
    private readonly TimeSpan _delay;
    private int _requests;

    /// <summary>Starts to listen.</summary>
    /// <param name="reply">The text of the reply, by the number of the request.</param>
    /// <param name="delay">How long a reply takes.</param>
    public LocalTeacher(Func<int, string> reply, TimeSpan delay = default)
    {
        _reply = reply;
        _delay = delay;
        int port = FreePort();
        Endpoint = $"http://127.0.0.1:{port}/v1";
        _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public string Endpoint { get; }

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What the requests carried as their key.</summary>
    public string? Authorization { get; private set; }

    public void Dispose() => _listener.Close();

    private static int FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        int number = Interlocked.Increment(ref _requests);
        Authorization = context.Request.Headers["Authorization"];
        await Task.Delay(_delay);
        JsonObject body = new()
        {
            ["id"] = $"r{number}",
            ["object"] = "chat.completion",
            ["created"] = 1,
            ["model"] = "x",
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = _reply(number) },
                ["finish_reason"] = "stop",
            }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 10, ["completion_tokens"] = 5, ["total_tokens"] = 15 },
        };
        try
        {
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body.ToJsonString()));
            context.Response.Close();
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // The tool was ended in the middle of a call.
        }
    }
}
