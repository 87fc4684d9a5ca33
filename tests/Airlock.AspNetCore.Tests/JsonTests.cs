using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>JSON is the application's, on every way in and out.</summary>
public sealed class JsonTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_applications_options_hold_on_every_way()
    {
        await using var app = await TestApp.StartAsync(
            a => a.MapAirlock("/chat", async (Turn turn, Sessions sessions, CancellationToken stop) =>
            {
                var day = turn.As<DayOfWeek>();
                await turn.StreamAsync(day);
                await sessions.SendAsync(SessionTarget.OfSession(turn.Session), day, stop);
                await turn.SendAsync(day);
            }).AllowAnonymous(),
            s => s.ConfigureHttpJsonOptions(static o => o.SerializerOptions.Converters.Add(new JsonStringEnumConverter())));
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "\"Friday\""));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("Friday", (string)(await peer.NextAsync("data"))["b"]!);
        }
    }

    [Fact]
    public async Task Without_options_JSON_is_as_it_is_on_the_web()
    {
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn) => await turn.SendAsync(new Note("a", turn.As<Note>()!.Text))).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, """{"TEXT":"b"}"""));
        Assert.Equal("""{"kind":"a","text":"b"}""", (await peer.NextAsync("data"))["b"]!.ToJsonString());
    }

    [Fact]
    public async Task Half_a_pair_fails_the_try_and_sends_nothing_by_any_way()
    {
        var refused = new List<string>();
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn, Sessions sessions, CancellationToken stop) =>
        {
            var half = "\uD83D";
            var ways = new Func<Task>[]
            {
                async () => await turn.StreamAsync(half),
                async () => await turn.SendAsync(half),
                async () => await turn.StreamRawAsync("\"\\ud83d\""u8.ToArray()),
                async () => await turn.SendRawAsync("\"\\ud83d\""u8.ToArray()),
                async () => await sessions.SendAsync(SessionTarget.OfSession(turn.Session), half, stop),
                async () => await sessions.SendRawAsync(SessionTarget.OfSession(turn.Session), "\"\\ud83d\""u8.ToArray(), stop),
            };
            foreach (var way in ways)
            {
                try
                {
                    await way();
                }
                catch (ArgumentException e)
                {
                    refused.Add(e.Message);
                }
            }

            await turn.SendAsync("done");
        }).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal("done", (string)(await peer.NextAsync("data"))["b"]!);
        Assert.Equal(6, refused.Count);
        Assert.All(refused, static r => Assert.Contains("half of a surrogate pair", r));
    }

    [Fact]
    public async Task A_raw_text_is_held_to_the_same_rule()
    {
        string? refused = null;
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn) =>
        {
            try
            {
                await turn.SendAsync("\uDE00");
            }
            catch (ArgumentException e)
            {
                refused = e.Message;
            }

            await turn.SendAsync("done 😀");
        }).AllowAnonymous().AllowPlain());
        using var peer = await Peer.ConnectAsync(app.Socket(), protocol: null);
        await peer.SendAsync("hello");
        Assert.Equal("done 😀", await peer.TextAsync());
        Assert.Contains("half of a surrogate pair", refused);
    }

    /// <summary>The switch holds for a process, so the tests that need it run in one of their own.</summary>
    [Fact]
    public async Task Generated_contracts_are_enough()
    {
        Assert.SkipWhen(!JsonSerializer.IsReflectionEnabledByDefault, "This is that process.");
        var assembly = typeof(JsonTests).Assembly.Location;
        var settings = JsonSerializer.Deserialize<System.Text.Json.Nodes.JsonNode>(await File.ReadAllTextAsync(Path.ChangeExtension(assembly, ".runtimeconfig.json"), Stop))!;
        (settings["runtimeOptions"]!["configProperties"] ??= new System.Text.Json.Nodes.JsonObject())["System.Text.Json.JsonSerializer.IsReflectionEnabledByDefault"] = false;
        var path = Path.Combine(Path.GetTempPath(), $"airlock-{Guid.NewGuid():N}.runtimeconfig.json");
        await File.WriteAllTextAsync(path, settings.ToJsonString(), Stop);
        try
        {
            var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in new[] { "exec", "--runtimeconfig", path, assembly, "-noColor", "-class", typeof(GeneratedJsonTests).FullName! })
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(Stop);
                var errors = process.StandardError.ReadToEndAsync(Stop);
                await process.WaitForExitAsync(Stop).WaitAsync(Patience.Max, Stop);
                Assert.True(process.ExitCode == 0 && (await output).Contains("Failed: 0, Skipped: 0", StringComparison.Ordinal), await output + await errors);
                Assert.Contains($"Total: {typeof(GeneratedJsonTests).GetMethods().Count(static m => m.IsDefined(typeof(FactAttribute)))}", await output);
            }
            finally
            {
                process.Kill(entireProcessTree: true);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private sealed record Note(string Kind, string Text);
}
