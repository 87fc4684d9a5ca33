using Airlock.Server.Settings;
using Airlock.Server.Tests.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Airlock.Server.Tests;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("SignIn:TokenLifetime", "00:00:01", "SignIn:TokenLifetime is 00:00:01; it must be from 00:00:10 to 01:00:00.")]
    [InlineData("SignIn:Authority", "nonsense", "SignIn:Authority is 'nonsense'; it must be the absolute https URL")]
    [InlineData("Live:LinkLifetime", "2.00:00:00", "Live:LinkLifetime is 2.00:00:00; it must be from 00:00:01 to 1.00:00:00.")]
    [InlineData("Agent:Pace", "00:01:00", "Agent:Pace is 00:01:00; it must be from 00:00:00 to 00:00:01.")]
    [InlineData("Agent:Pace", "fast", "Agent:Pace is 'fast'; it must be a duration, hours:minutes:seconds, such as 00:00:30")]
    [InlineData("Agent:Model", "llama", "Agent:Model is set and Agent:Endpoint is not; without an endpoint the embedded analyst answers, so set both or none.")]
    [InlineData("Agent:History:UsersMax", "0", "Agent:History:UsersMax is 0; it must be from 1 to 1000000.")]
    [InlineData("Airlock:TicketLifetime", "00:01:00", "Airlock:TicketLifetime is 00:01:00; it must be from 00:00:01 to 00:00:30.")]
    [InlineData("Airlock:Endpoint:Timeouts:Gate", "-00:00:01", "Airlock:Endpoint:Timeouts:Gate is -00:00:01; it must be from 00:00:00.0010000 to 1.00:00:00.")]
    [InlineData("SignIn:Authorty", "https://login.example.com", "SignIn:Authorty is no setting. Did you mean SignIn:Authority?")]
    [InlineData("Agnet:Endpoint", "http://localhost:11434/v1", "Agnet is no setting. Did you mean Agent?")]
    [InlineData("SignIn:DataDirectory", "/dev/null/keys", "SignIn:DataDirectory is '/dev/null/keys'; it must be a folder where the local issuer's key can be kept:")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:99999", "urls is 'http://localhost:99999'; it must be an address such as http://localhost:5080")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:508O", "urls is 'http://localhost:508O'; it must be an address such as http://localhost:5080")]
    [InlineData("Logging:LogLevel:Default", "Loud", "'Loud'")]
    public async Task A_wrong_setting_stops_the_start_and_says_what_is_right(string name, string value, string words)
    {
        var (exitCode, output) = await ServerProcess.RunAsync((name, value));
        AssertWords(exitCode, output, words);
    }

    [Theory]
    [InlineData("--SignIn:AllowRemote", "--SignIn:AllowRemote has no value; write --SignIn:AllowRemote=value.")]
    [InlineData("AllowRemote", "'AllowRemote' is no setting; write --Section:Name=value.")]
    [InlineData("--Signin:Alowremote=true", "SignIn:Alowremote is no setting. Did you mean SignIn:AllowRemote?")]
    [InlineData("--Autority=x", "Autority is no setting.")]
    [InlineData("--Logging:Console:FormatterName=xml", "Logging:Console:FormatterName is 'xml'; it must be simple, systemd or json.")]
    public async Task A_wrong_argument_stops_the_start_and_says_what_is_right(string argument, string words)
    {
        var (exitCode, output) = await ServerProcess.RunAsync([argument]);
        AssertWords(exitCode, output, words);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once()
    {
        var (exitCode, output) = await ServerProcess.RunAsync([], """{"Live":{"LinkLifetme":"00:01:00"},"Agent":{"SilenceTimeout":true,"Rounds":1}}""", ("Telemetry:AllowRemoteMetrics", "yes"));
        AssertWords(exitCode, output, "Live:LinkLifetme is no setting. Did you mean Live:LinkLifetime?");
        AssertWords(exitCode, output, "Agent:SilenceTimeout is 'True'; it must be a duration");
        AssertWords(exitCode, output, "Agent:Rounds is no setting. Did you mean Agent:RoundsMax?");
        AssertWords(exitCode, output, "Telemetry:AllowRemoteMetrics is 'yes'; it must be true or false.");
    }

    [Fact]
    public async Task A_file_with_a_section_that_nothing_reads_stops_the_start()
    {
        var (exitCode, output) = await ServerProcess.RunAsync([], """{"Sign-In":{"Authority":"https://login.example.com"}}""");
        AssertWords(exitCode, output, "Sign-In is no setting. Did you mean SignIn?");
    }

    [Fact]
    public async Task Help_lists_every_setting_with_its_default()
    {
        var (exitCode, output) = await ServerProcess.RunAsync(["--help"]);
        Assert.Equal(0, exitCode);
        Assert.All(All(), setting => Assert.Contains($"  {setting.Path}", output));
        Assert.Contains("  Agent:Pace=00:00:00.0150000", output);
    }

    [Fact]
    public void Each_setting_is_found_and_misspelt_it_is_refused_with_its_name()
    {
        var random = new Random(20261129);
        Assert.True(All().Count() > 60);
        Assert.All(All(), setting =>
        {
            var name = setting.Path[(setting.Path.LastIndexOf(':') + 1)..];
            var at = random.Next(name.Length);
            string[] misspelt = [name.Remove(at, 1), name.Insert(at, "x"), name + "s", "x" + name];
            Assert.Empty(FaultsOf(setting, setting.Path, setting.Right));
            Assert.Empty(FaultsOf(setting, setting.Path.ToUpperInvariant(), setting.Right));
            foreach (var wrong in misspelt)
            {
                var path = setting.Path[..^name.Length] + wrong;
                Assert.Equal([$"{path} is no setting. Did you mean {setting.Path}?"], FaultsOf(setting, path, setting.Right));
            }
        });
    }

    [Fact]
    public void Each_value_that_is_none_is_refused_with_its_key_and_what_is_allowed()
    {
        Assert.All(All().Where(static setting => setting.Type != typeof(string) && setting.Type != typeof(Uri)), static setting =>
        {
            string[] values = setting.Type == typeof(TimeSpan) ? ["soon", "30", "24:00:00", "00:99:00", "", "1 day"] : setting.Type == typeof(bool) ? ["yes", "1", ""] : ["many", "1.5.2", "", "99999999999999999999", "1;2"];
            foreach (var value in values)
            {
                Assert.StartsWith($"{setting.Path} is '{value}'; it must be ", Assert.Single(FaultsOf(setting, setting.Path, value)));
            }

            Assert.StartsWith($"{setting.Path}:Deeper is no setting.", Assert.Single(FaultsOf(setting, setting.Path + ":Deeper", "1")));
        });
    }

    [Fact]
    public void A_list_without_a_place_and_a_group_with_a_value_are_refused()
    {
        Assert.Equal(["Airlock:AllowedOrigins is a list; set Airlock:AllowedOrigins:0, Airlock:AllowedOrigins:1 and so on."], FaultsOf("Airlock", "Airlock:AllowedOrigins", "https://app.example.com"));
        Assert.Empty(FaultsOf("Airlock", "Airlock:AllowedOrigins:0", "https://app.example.com"));
        Assert.StartsWith("Agent:History has no value itself; it holds ", Assert.Single(FaultsOf("Agent", "Agent:History", "40")));
    }

    [Theory]
    [InlineData(null, null, Pages.DefaultAddress)]
    [InlineData("--urls=http://localhost:7000", null, "http://localhost:7000")]
    [InlineData("--http_ports=7001", null, null)]
    [InlineData("--Kestrel:Endpoints:One:Url=http://localhost:7002", null, null)]
    [InlineData(null, "7003", "http://*:7003")]
    [InlineData(null, "", Pages.DefaultAddress)]
    [InlineData("--http_ports=7004", "7003", "http://*:7003")]
    [InlineData("--urls=http://localhost:7005", "7003", "http://localhost:7005")]
    [InlineData("--Kestrel:Endpoints:One:Url=http://localhost:7006", "7003", null)]
    public void The_default_address_gives_way_to_a_port_of_the_platform_and_both_to_an_address_that_is_set(string? argument, string? port, string? urls)
    {
        var builder = WebApplication.CreateBuilder(argument is null ? [] : [argument]);
        builder.Configuration["urls"] = argument?.StartsWith("--urls", StringComparison.Ordinal) == true ? builder.Configuration["urls"] : null;
        builder.Configuration[Pages.PortVariable] = port;
        builder.UseOwnDefaults();
        Assert.Equal(urls, builder.WebHost.GetSetting("urls"));
    }

    [Theory]
    [InlineData("tcp://10.0.0.1:80")]
    [InlineData("65536")]
    [InlineData("-1")]
    public async Task A_port_of_the_platform_that_is_none_stops_the_start(string port)
    {
        var (exitCode, output) = await ServerProcess.RunAsync(("ASPNETCORE_URLS", ""), (Pages.PortVariable, port));
        AssertWords(exitCode, output, $"PORT is '{port}'; it must be the number of a port, from 0 (any that is free) to 65535.");
        Assert.DoesNotContain("urls", output);
    }

    [Fact]
    public async Task An_address_that_is_set_wins_over_the_port_of_the_platform()
    {
        await using var server = await ServerProcess.StartAsync((Pages.PortVariable, "nonsense"));
        using var answer = await server.SendAsync(HttpMethod.Get, "/health/live");
        Assert.True(answer.IsSuccessStatusCode);
    }

    private static void AssertWords(int exitCode, string output, string words)
    {
        Assert.Equal(1, exitCode);
        Assert.Contains(words, output);
        Assert.DoesNotContain("   at ", output);
        Assert.DoesNotContain("xception", output);
    }

    private static List<string> FaultsOf(Setting setting, string path, string value) => FaultsOf(setting.Path.Split(':')[0], path, value);

    private static List<string> FaultsOf(string section, string path, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>(path, value)]).Build();
        return [.. SettingsShape.Faults(configuration.GetSection(section), Sections.All[section]).Select(fault => fault.Replace(configuration.GetSection(section).Path, section, StringComparison.Ordinal))];
    }

    private static IEnumerable<Setting> All() => Sections.All.SelectMany(static section => Of(section.Key, section.Value));

    private static IEnumerable<Setting> Of(string path, Type type) => SettingsShape.Of(type).Values.SelectMany(property =>
        SettingsShape.IsGroup(property.PropertyType) ? Of($"{path}:{property.Name}", property.PropertyType)
        : SettingsShape.IsList(property.PropertyType) ? []
        : [new Setting($"{path}:{property.Name}", Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType)]);

    private sealed record Setting(string Path, Type Type)
    {
        public string Right => Type == typeof(TimeSpan) ? "1.02:03:04.5" : Type == typeof(bool) ? "true" : Type == typeof(string) || Type == typeof(Uri) ? "http://x" : "17";
    }
}
