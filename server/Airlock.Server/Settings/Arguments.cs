using Microsoft.Extensions.Options;

namespace Airlock.Server.Settings;

/// <summary>The command line. What has not the form of a setting the host passes over without a word.</summary>
public static class Arguments
{
    /// <summary>How to write them, and which there are.</summary>
    public static string Usage => string.Join(Environment.NewLine,
    [
        "Airlock.Server [--Section:Name=value ...]",
        "",
        "The same settings can stand in appsettings.json, or in the environment as Section__Name. They are:",
        .. Sections.All.SelectMany(static section => SettingsShape.Lines(section.Key, section.Value)),
        "",
        "Of the host: --urls, --environment, --contentRoot, --shutdownTimeoutSeconds, --Logging:LogLevel:Default=Warning, --Logging:Console:FormatterName=simple|systemd|json.",
        $"Without an address of --urls or Kestrel:Endpoints: the environment variable {Pages.PortVariable}, a port on every interface, as Cloud Run sets it. Else {Pages.DefaultAddress}.",
        "docs/operating.md says more.",
    ]);

    /// <summary>Whether somebody asks how to write them.</summary>
    public static bool AskForHelp(IEnumerable<string> arguments) => arguments.Any(static argument => argument is "--help" or "-h" or "-?");

    /// <summary>Checks their form.</summary>
    /// <exception cref="OptionsValidationException">Something is wrong.</exception>
    public static void Check(IReadOnlyList<string> arguments)
    {
        if (Faults(arguments).ToList() is { Count: > 0 } faults)
        {
            throw new OptionsValidationException("", typeof(Arguments), faults);
        }
    }

    /// <summary>What is wrong with their form: one sentence for each; nothing if all is well.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.Contains('=', StringComparison.Ordinal) && (argument.StartsWith("--", StringComparison.Ordinal) || !argument.StartsWith('-')))
            {
                continue;
            }

            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                yield return $"'{argument}' is no setting; write --Section:Name=value.";
            }
            else if (i + 1 == arguments.Count || arguments[i + 1].StartsWith('-'))
            {
                yield return $"{argument} has no value; write {argument}=value.";
            }
            else
            {
                i++;
            }
        }
    }
}
