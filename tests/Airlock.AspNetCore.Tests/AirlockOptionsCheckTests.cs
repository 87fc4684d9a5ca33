using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore.Tests;

/// <summary>docs/options.md and the check, held against every option that there is.</summary>
public sealed class AirlockOptionsCheckTests
{
    private static readonly string[][] _rows = [.. Page().Split('\n').SkipWhile(static l => !l.StartsWith("<!-- options:begin", StringComparison.Ordinal)).TakeWhile(static l => l != "<!-- options:end -->").Skip(3)
        .Select(static row => row.Trim('|', ' ').Split('|').Select(static cell => cell.Trim().Trim('`')).ToArray())];

    public static TheoryData<string> Options => [.. Walk(typeof(AirlockOptions), []).Select(static path => string.Join('.', path.Select(static p => p.Name)))];

    [Fact]
    public void The_page_lists_every_option_with_its_default() => Assert.Equal(
        Walk(typeof(AirlockOptions), []).Select(static path => (string.Join('.', path.Select(static p => p.Name)), Words(path[^1].Name, Read(new AirlockOptions(), path)))),
        _rows.Select(static row => (row[0], row[4])));

    [Theory]
    [MemberData(nameof(Options))]
    public void Both_ends_of_a_range_are_as_the_page_says_and_beyond_them_it_is_told(string option)
    {
        var path = Walk(typeof(AirlockOptions), []).Single(path => string.Join('.', path.Select(static p => p.Name)) == option);
        var row = _rows.Single(row => row[0] == option);
        var type = Nullable.GetUnderlyingType(path[^1].PropertyType) ?? path[^1].PropertyType;
        Assert.Equal(type == typeof(TimeSpan) ? "time" : option.Contains("Bytes", StringComparison.Ordinal) ? "bytes" : "count", row[1]);
        var (least, most) = (Value(row[2], type), Value(row[3], type));
        foreach (var (value, isGood) in new[] { (least, true), (most, true), (least - 1, false), (most + 1, false) })
        {
            var options = new AirlockOptions();
            Write(options, path, FromLong(value, type));
            var failures = new AirlockOptionsCheck().Validate(null, options).Failures ?? [];
            var told = failures.Where(f => f.StartsWith($"{option} is {Invariant(FromLong(value, type))}; it must be from {Invariant(FromLong(least, type))} to {Invariant(FromLong(most, type))}", StringComparison.Ordinal));
            Assert.Equal(isGood ? 0 : 1, told.Count());
        }
    }

    [Fact]
    public async Task Every_wrong_option_is_told_when_the_host_starts()
    {
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => TestApp.StartAsync(static _ => { }, airlock: static o =>
        {
            o.Sessions = new() { TombstonesMax = -1, IdsPerUserMax = 0 };
            o.Endpoint = new() { TriesMax = 0, Session = new() { Window = 0 }, HoldMessagesMax = 7 };
            o.TurnsMax = 0;
            o.AllowedOrigins.Add("app.example.com/path");
        }));
        Assert.Equal(
            [
                "AllowedOrigins: 'app.example.com/path' is no origin",
                "Endpoint.HoldMessagesBeforeAuthentication is 8, and HoldMessagesMax is 7",
                "Endpoint.Session.Window is 0; it must be from 1 to 4096.",
                "Endpoint.TriesMax is 0; it must be from 1 to 100.",
                "Sessions.IdsPerUserMax is 0; it must be from 1 to 1000000.",
                "Sessions.TombstonesMax is -1; it must be from 0 to 10000000.",
                "TurnsMax is 0; it must be from 1 to 1000000.",
            ],
            e.Failures.Select(static f => f.Split("; write")[0].Split("; what is held")[0]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Endpoint is null")]
    [InlineData("Sessions is null")]
    [InlineData("Endpoint.Timeouts is null")]
    [InlineData("Endpoint.Session is null")]
    public void What_is_null_is_told(string what)
    {
        var options = new AirlockOptions();
        switch (what.Split(' ')[0])
        {
            case "Endpoint":
                options.Endpoint = null!;
                break;
            case "Sessions":
                options.Sessions = null!;
                break;
            case "Endpoint.Timeouts":
                options.Endpoint = new() { Timeouts = null! };
                break;
            default:
                options.Endpoint = new() { Session = null! };
                break;
        }

        Assert.StartsWith(what, Assert.Single(new AirlockOptionsCheck().Validate(null, options).Failures!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://xn--bcher-kva.example", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("capacitor://localhost", true)]
    [InlineData("null", true)]
    [InlineData("*", true)]
    [InlineData("https://kim@app.example.com", false)]
    [InlineData("https://b\u00FCcher.example", false)]
    [InlineData("https://app.example.com:443", false)]
    [InlineData("https://*.example.com", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_origin_that_no_browser_sends_is_told(string? origin, bool isGood)
    {
        var options = new AirlockOptions();
        options.AllowedOrigins.Add(origin!);
        Assert.Equal(isGood ? 0 : 1, new AirlockOptionsCheck().Validate(null, options).Failures?.Count() ?? 0);
    }

    [Fact]
    public void An_endpoints_own_options_are_checked_when_it_is_mapped()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddAirlock();
        using var app = (IDisposable)builder.Build();
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => ((WebApplication)app).MapAirlock("/chat", () => { }, new() { TriesMax = 0, MessageBytesMax = 1 }));
        Assert.Contains("MessageBytesMax is 1; it must be from 1024 to 16777216 bytes. TriesMax is 0; it must be from 1 to 100.", e.Message);
    }

    /// <summary>The page's first block, word for word: <see cref="Configured"/> is compared with it.</summary>
    [Fact]
    public void The_pages_code_compiles_and_does_what_it_says()
    {
        Assert.Contains(Block("code"), string.Join('\n', File.ReadAllLines(Here()).Select(static l => l.StartsWith("        ", StringComparison.Ordinal) ? l[8..] : l)));
        var builder = WebApplication.CreateSlimBuilder();
        Configured(builder);
        AssertSet(builder.Services.BuildServiceProvider().GetRequiredService<IOptions<AirlockOptions>>().Value);
    }

    [Fact]
    public void The_pages_configuration_is_read()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(Block("json"))));
        builder.Services.AddAirlock();
        builder.Services.Configure<AirlockOptions>(builder.Configuration.GetSection("Airlock"));
        var options = builder.Services.BuildServiceProvider().GetRequiredService<IOptions<AirlockOptions>>().Value;
        AssertSet(options);
        Assert.Equal(["https://app.example.com"], options.AllowedOrigins);
    }

    private static void Configured(WebApplicationBuilder builder)
    {
        builder.Services.AddAirlock(o =>
        {
            o.TurnsMax = 100;
            o.Sessions = new() { ResumeTimeout = TimeSpan.FromMinutes(10) };
            o.Endpoint = o.Endpoint with
            {
                MessageBytesMax = 256 * 1024,
                Timeouts = o.Endpoint.Timeouts with { Idle = TimeSpan.FromSeconds(15) },
            };
        });
    }

    private static void AssertSet(AirlockOptions options)
    {
        Assert.Equal((100, TimeSpan.FromMinutes(10), 256 * 1024, TimeSpan.FromSeconds(15)), (options.TurnsMax, options.Sessions.ResumeTimeout, options.Endpoint.MessageBytesMax, options.Endpoint.Timeouts.Idle));
        Assert.Equal((new EndpointOptions().TriesMax, new EndpointOptions().Timeouts.Hello), (options.Endpoint.TriesMax, options.Endpoint.Timeouts.Hello));
    }

    /// <summary>Every option that is a number or a duration, in the order of the code.</summary>
    private static IEnumerable<PropertyInfo[]> Walk(Type type, PropertyInfo[] above) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
    {
        PropertyInfo[] path = [.. above, property];
        var plain = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return plain == typeof(int) || plain == typeof(long) || plain == typeof(TimeSpan) ? [path]
            : plain.Assembly.GetName().Name!.StartsWith("Airlock", StringComparison.Ordinal) ? Walk(plain, path)
            : [];
    });

    private static object? Read(object options, PropertyInfo[] path) => path.Aggregate((object?)options, static (at, property) => property.GetValue(at));

    private static void Write(object options, PropertyInfo[] path, object value) => path[^1].SetValue(Read(options, path[..^1]), value);

    private static object FromLong(long value, Type type) => type == typeof(TimeSpan) ? TimeSpan.FromTicks(value) : type == typeof(int) ? (object)(int)value : value;

    private static string Invariant(object value) => FormattableString.Invariant($"{value}");

    /// <summary>A cell as a number, or as ticks.</summary>
    private static long Value(string cell, Type type)
    {
        var (number, unit) = (double.Parse(cell.Split(' ')[0].Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), cell.Split(' ').ElementAtOrDefault(1));
        return type == typeof(TimeSpan)
            ? (long)(number * unit switch { "ms" => TimeSpan.TicksPerMillisecond, "s" => TimeSpan.TicksPerSecond, "min" => TimeSpan.TicksPerMinute, "h" => TimeSpan.TicksPerHour, _ => throw new FormatException(cell) })
            : (long)number << (unit switch { null => 0, "KiB" => 10, "MiB" => 20, "GiB" => 30, _ => throw new FormatException(cell) });
    }

    private static string Words(string name, object? value) => value switch
    {
        null => "none",
        TimeSpan { Ticks: 0 } => "0 s",
        TimeSpan t when t.Ticks % TimeSpan.TicksPerHour == 0 => $"{t.TotalHours} h",
        TimeSpan t when t.Ticks % TimeSpan.TicksPerMinute == 0 => $"{t.TotalMinutes} min",
        TimeSpan t when t.Ticks % TimeSpan.TicksPerSecond == 0 => $"{t.TotalSeconds} s",
        TimeSpan t => $"{t.TotalMilliseconds} ms",
        _ when !name.Contains("Bytes", StringComparison.Ordinal) => FormattableString.Invariant($"{value:N0}"),
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture) is var bytes && bytes > 0 && bytes % (1 << 20) == 0 ? $"{bytes >> 20} MiB" : bytes > 0 && bytes % 1024 == 0 ? $"{bytes >> 10} KiB" : $"{bytes}",
    };

    private static string Block(string name)
    {
        var lines = Page().Split('\n').SkipWhile(l => !l.StartsWith($"<!-- {name}:begin", StringComparison.Ordinal)).Skip(2).TakeWhile(static l => l != "```");
        return string.Join('\n', lines);
    }

    private static string Page([CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/options.md")).ReplaceLineEndings("\n");

    private static string Here([CallerFilePath] string here = "") => here;
}
