using Airlock.Server.Tests.Processes;
using Microsoft.AspNetCore.Builder;

namespace Airlock.Server.Tests;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("SignIn:TokenLifetime", "00:00:01", "SignIn:TokenLifetime must be from 00:00:10 to 01:00:00.")]
    [InlineData("SignIn:Authority", "nonsense", "SignIn:Authority must be an absolute URL.")]
    [InlineData("Live:LinkLifetime", "2.00:00:00", "Live:LinkLifetime must be from 00:00:01 to 1.00:00:00.")]
    [InlineData("Agent:Pace", "00:01:00", "Agent:Pace must be from 00:00:00 to 00:00:01.")]
    [InlineData("Airlock:TicketLifetime", "00:01:00", "TicketLifetime is 00:01:00; it must be from 00:00:01 to 00:00:30.")]
    [InlineData("Airlock:Endpoint:Timeouts:Gate", "-00:00:01", "Timeouts.Gate must be from 1 to 86400000 milliseconds.")]
    public async Task A_wrong_setting_stops_the_start_and_says_what_is_right(string name, string value, string words)
    {
        var (exitCode, output) = await ServerProcess.RunAsync((name, value));
        Assert.Equal(1, exitCode);
        Assert.Contains(words, output);
        Assert.DoesNotContain("Unhandled exception", output);
    }

    [Theory]
    [InlineData(null, Pages.DefaultAddress)]
    [InlineData("--urls=http://localhost:7000", "http://localhost:7000")]
    [InlineData("--http_ports=7001", null)]
    [InlineData("--Kestrel:Endpoints:One:Url=http://localhost:7002", null)]
    public void The_default_address_gives_way_to_one_that_is_set(string? argument, string? urls)
    {
        var builder = WebApplication.CreateBuilder(argument is null ? [] : [argument]);
        builder.Configuration["urls"] = argument?.StartsWith("--urls", StringComparison.Ordinal) == true ? builder.Configuration["urls"] : null;
        builder.UseDefaultAddress();
        Assert.Equal(urls, builder.WebHost.GetSetting("urls"));
    }
}
