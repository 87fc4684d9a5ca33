using System.Text.RegularExpressions;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests;

public sealed partial class ConsoleTests
{
    [Fact]
    public async Task The_console_has_a_few_lines_of_which_the_live_link_is_the_last()
    {
        await using var server = await ServerProcess.StartAsync();
        await server.PrintedAsync(LiveLink());
        var (cookie, _) = await server.SignInAsync("ann");
        using var page = await server.SendAsync(HttpMethod.Get, "/", cookie);
        using var missing = await server.SendAsync(HttpMethod.Get, "/nothing-here");
        var lines = server.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.InRange(lines.Length, 2, 4);
        Assert.Matches(LiveLink(), lines[^1]);
        Assert.DoesNotContain("info:", server.Output);
        Assert.True(File.Exists(Path.Combine(server.Directory, ".local", "share", "airlock-server", "issuer-key.pem")) || !OperatingSystem.IsLinux());
    }

    [Fact]
    public async Task The_level_and_the_form_of_log_lines_are_settings()
    {
        await using var server = await ServerProcess.StartAsync(("Logging:LogLevel:Default", "Information"), ("Logging:Console:FormatterName", "json"));
        await server.PrintedAsync(new Regex("\"LogLevel\":\"Information\""));
    }

    [GeneratedRegex("Live view: http")]
    private static partial Regex LiveLink();
}
