using System.Globalization;
using Airlock.AspNetCore;
using Airlock.Server.Agent;
using Airlock.Server.Live;
using Airlock.Server.SignIn;
using Airlock.Server.Telemetry;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Settings;

/// <summary>The sections of the configuration that are this server's.</summary>
public static class Sections
{
    // What the host itself reads.
    private static readonly string[] _hosts =
    [
        "AllowedHosts", "applicationName", "captureStartupErrors", "contentRoot", "detailedErrors", "environment", "ForwardedHeaders_Enabled", "hostingStartupAssemblies",
        "hostingStartupExcludeAssemblies", "http_ports", "https_port", "https_ports", "Kestrel", "Logging", "preferHostingUrls", "preventHostingStartup", "shutdownTimeoutSeconds",
        "suppressStatusMessages", "urls", "webroot",
    ];

    /// <summary>Each with what it is bound to.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } = new SortedDictionary<string, Type>(StringComparer.OrdinalIgnoreCase)
    {
        ["Agent"] = typeof(AgentOptions),
        ["Airlock"] = typeof(AirlockOptions),
        ["Live"] = typeof(LiveOptions),
        ["SignIn"] = typeof(SignInOptions),
        ["Telemetry"] = typeof(TelemetryOptions),
    };

    /// <summary>Checks the form of every section, so that all that is wrong is said at once, and what no section can see: keys that nothing reads, and values that the host would pass over.</summary>
    /// <remarks>Environment variables are everybody's; of them only those count that look like a setting of this server.</remarks>
    /// <exception cref="OptionsValidationException">Something is wrong.</exception>
    public static void Check(IConfigurationRoot configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var known = All.Keys.Concat(_hosts).ToList();
        var typed = configuration.Providers.Where(static p => p is CommandLineConfigurationProvider or JsonConfigurationProvider).SelectMany(static p => p.GetChildKeys([], null));
        var near = configuration.GetChildren()
            .Where(static root => All.Any(section => SettingsShape.Distance(section.Key, root.Key) is 1 or 2 && root.GetChildren().Any(child => SettingsShape.Of(section.Value).ContainsKey(child.Key))))
            .Select(static root => root.Key);
        var faults = All.SelectMany(section => SettingsShape.Faults(configuration.GetSection(section.Key), section.Value)).Concat(typed.Concat(near).Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(root => !known.Contains(root, StringComparer.OrdinalIgnoreCase) && !root.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase))
            .Select(root => SettingsShape.Unknown(root, known)))
            .ToList();
        if (configuration["Logging:Console:FormatterName"] is { } formatter && formatter is not ("simple" or "systemd" or "json"))
        {
            faults.Add($"Logging:Console:FormatterName is '{formatter}'; it must be simple, systemd or json.");
        }

        if (configuration["shutdownTimeoutSeconds"] is { } seconds && !(int.TryParse(seconds, out var shutdown) && shutdown >= 0))
        {
            faults.Add($"shutdownTimeoutSeconds is '{seconds}'; it must be a whole number from 0.");
        }

        if (configuration[Pages.PortVariable] is { Length: > 0 } port && configuration["urls"] == Pages.AddressAt(port))
        {
            // Who set the port has not written an address.
            faults.AddRange(ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? [] : [$"{Pages.PortVariable} is '{port}'; it must be the number of a port, from 0 (any that is free) to 65535."]);
        }
        else
        {
            faults.AddRange(Addresses(configuration).Where(static address => !IsAddress(address.Value)).Select(static address =>
                $"{address.Path} is '{address.Value}'; it must be an address such as http://localhost:5080, or several with ';' between them."));
        }

        if (faults.Count > 0)
        {
            throw new OptionsValidationException("", typeof(IConfigurationRoot), faults);
        }
    }

    private static IEnumerable<(string Path, string Value)> Addresses(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(static endpoint => endpoint.GetSection("Url")).Prepend(configuration.GetSection("urls"))
            .Where(static setting => !string.IsNullOrEmpty(setting.Value))
            .SelectMany(static setting => setting.Value!.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(url => (setting.Path, url)));

    private static bool IsAddress(string text)
    {
        try
        {
            // "localhost" is two addresses, whose free ports would differ. A port that is no number is taken for a part of the host, and an unknown host for every interface, on port 80.
            return BindingAddress.Parse(text) is { Scheme: "http" or "https" } address
                && (address.IsUnixPipe || address.IsNamedPipe || (address.Port is >= 0 and <= 65_535
                    && (address.Host.StartsWith('[') || !address.Host.Contains(':', StringComparison.Ordinal))
                    && !(address.Port == 0 && string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase))));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
