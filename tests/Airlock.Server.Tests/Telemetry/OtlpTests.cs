using System.Collections.Concurrent;
using System.Diagnostics;
using Airlock.Client;
using Airlock.Server.Tests.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Airlock.Server.Tests.Telemetry;

public sealed class OtlpTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_client_does_and_the_turn_it_causes_are_one_trace_at_the_collector()
    {
        var told = new ConcurrentQueue<(string Path, byte[] Body)>();
        using var arrived = new SemaphoreSlim(0);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            told.Enqueue((context.Request.Path, body.ToArray()));
            arrived.Release();
        });
        await collector.StartAsync(Stop);
        await using var server = await ServerProcess.StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.Single()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "100"), ("OTEL_BLRP_SCHEDULE_DELAY", "100"));
        var (_, token) = await server.SignInAsync("traced");

        using var doing = new Activity("doing").SetIdFormat(ActivityIdFormat.W3C);
        doing.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        doing.Start();
        await using var client = new AirlockClient(server.Socket, new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>(token) });
        client.Start();
        var receipt = client.Send(new { type = "history" });
        await receipt.Done.WaitAsync(ServerProcess.Patience, Stop);
        doing.Stop();

        // Ids travel as bytes, names as text: a span of this trace below the client's own.
        var trace = Convert.FromHexString(doing.TraceId.ToHexString());
        var span = Convert.FromHexString(doing.SpanId.ToHexString());
        bool HasComeWith(string path, params byte[][] parts) => told.Any(t => t.Path == path && parts.All(part => t.Body.AsSpan().IndexOf(part) >= 0));
        while (!(HasComeWith("/v1/traces", trace, span, "airlock.turn"u8.ToArray()) && HasComeWith("/v1/traces", trace, span, "airlock.connect"u8.ToArray(), "airlock.accepted"u8.ToArray()) && told.Any(static t => t.Path == "/v1/logs")))
        {
            Assert.True(await arrived.WaitAsync(ServerProcess.Patience, Stop), $"The collector was told only {string.Join(", ", told.Select(static t => $"{t.Path} {t.Body.Length}"))}.");
        }
    }
}
