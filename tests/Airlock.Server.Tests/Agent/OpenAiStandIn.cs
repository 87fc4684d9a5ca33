using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Airlock.Server.Tests.Agent;

/// <summary>
/// A small server on loopback that speaks the part of the OpenAI API that the agent uses. It can be stopped and started again on the same
/// port. Its model calls load_usage, then cost_by_model, and then answers with what it was told.
/// </summary>
internal sealed class OpenAiStandIn : IAsyncDisposable
{
    private WebApplication? _app;
    private int _port;

    public enum Behaviour
    {
        Answer,
        ServerError,
        Refuse,
        Busy,
        BreakOff,
        EndEarly,
        StaySilent,
    }

    public volatile Behaviour Chat = Behaviour.Answer;
    public volatile int ModelsStatus = 200;

    /// <summary>Completes when a chat request has arrived.</summary>
    public TaskCompletionSource ChatArrived { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<JsonNode> ChatRequests { get; } = new();

    public ConcurrentQueue<string> Authorizations { get; } = new();

    public Uri Endpoint => new($"http://127.0.0.1:{_port}/v1");

    public static async Task<OpenAiStandIn> StartAsync()
    {
        var standIn = new OpenAiStandIn();
        await standIn.StartAgainAsync();
        return standIn;
    }

    public async Task StartAgainAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{_port}");
        _app = builder.Build();
        _app.MapGet("/v1/models", (HttpContext http) =>
        {
            Authorizations.Enqueue(http.Request.Headers.Authorization.ToString());
            return Results.Text("""{"object":"list","data":[{"id":"stand-in","object":"model"}]}""", "application/json", statusCode: ModelsStatus);
        });
        _app.MapPost("/v1/chat/completions", ChatAsync);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _port = new Uri(_app.Urls.Single()).Port;
    }

    public async Task StopAsync()
    {
        // Aborts what is under way, as a crash would.
        using var now = new CancellationTokenSource();
        now.Cancel();
        await _app!.StopAsync(now.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await StopAsync();
        }
    }

    private async Task ChatAsync(HttpContext http)
    {
        var request = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted))!;
        ChatRequests.Enqueue(request);
        Authorizations.Enqueue(http.Request.Headers.Authorization.ToString());
        ChatArrived.TrySetResult();
        switch (Chat)
        {
            case Behaviour.ServerError:
                await RefuseAsync(http, 500, "upstream exploded at 10.1.2.3");
                return;
            case Behaviour.Busy:
                await RefuseAsync(http, 429, "slow down");
                return;
            case Behaviour.Refuse:
                // Real endpoints do repeat the key.
                await RefuseAsync(http, 401, $"Incorrect API key provided: {http.Request.Headers.Authorization}");
                return;
            case Behaviour.StaySilent:
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
        }

        http.Response.ContentType = "text/event-stream";
        var results = request["messages"]!.AsArray().Where(message => (string?)message!["role"] == "tool").ToList();
        if (results.Count < 2)
        {
            var (name, arguments) = results.Count == 0 ? ("load_usage", """{"source":"sample"}""") : ("cost_by_model", "{}");

            // Arguments arrive in pieces, as they do from real servers.
            await SendAsync(http, CallPiece($"call_{results.Count}", name, arguments[..1]));
            await SendAsync(http, CallPiece(null, null, arguments[1..]));
            await EndAsync(http, "tool_calls");
            return;
        }

        var total = JsonNode.Parse((string)results[0]!["content"]!)!["total_usd"];
        await SendAsync(http, TextPiece("You spent "));
        if (Chat == Behaviour.BreakOff)
        {
            http.Abort();
            return;
        }

        await SendAsync(http, TextPiece($"{total} dollars."));
        if (Chat == Behaviour.Answer)
        {
            await EndAsync(http, "stop");
        }
    }

    private static JsonObject TextPiece(string text) => new() { ["content"] = text };

    private static JsonObject CallPiece(string? id, string? name, string arguments)
    {
        var call = new JsonObject { ["index"] = 0, ["function"] = new JsonObject { ["arguments"] = arguments } };
        if (id is not null)
        {
            call["id"] = id;
            call["type"] = "function";
            call["function"]!["name"] = name;
        }

        return new JsonObject { ["tool_calls"] = new JsonArray(call) };
    }

    private static async Task SendAsync(HttpContext http, JsonObject delta, string? finish = null)
    {
        delta["role"] = "assistant";
        var chunk = new JsonObject
        {
            ["id"] = "chatcmpl-1",
            ["object"] = "chat.completion.chunk",
            ["created"] = 1,
            ["model"] = "stand-in",
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }),
        };
        await http.Response.WriteAsync($"data: {chunk.ToJsonString()}\n\n", http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private static async Task EndAsync(HttpContext http, string finish)
    {
        await SendAsync(http, [], finish);
        await http.Response.WriteAsync("data: [DONE]\n\n", http.RequestAborted);
    }

    private static Task RefuseAsync(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(
            new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = "error", ["code"] = "error" } },
            (JsonSerializerOptions?)null, "application/json", http.RequestAborted);
    }
}
