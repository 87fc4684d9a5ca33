using Airlock.AspNetCore;
using Microsoft.Extensions.Options;

namespace Airlock.Server;

/// <summary>What somebody did wrong who starts the server, told apart from bugs.</summary>
public static class StartFailure
{
    /// <summary>What to do about it, one sentence for each thing that is wrong; null for a bug, which needs its stack.</summary>
    public static IReadOnlyList<string>? Words(Exception failure) => failure switch
    {
        // The library does not know which section its options are bound to.
        OptionsValidationException wrong => [.. wrong.Failures.Select(words => wrong.OptionsType != typeof(AirlockOptions) || words.StartsWith("Airlock:", StringComparison.Ordinal) ? words : $"Airlock:{AsKey(words)}")],
        AggregateException { InnerExceptions: var several } => several.Select(Words).ToList() is var all && !all.Contains(null) ? [.. all.SelectMany(static words => words!)] : null,
        IOException { InnerException: not null } => [failure.Message, "Choose another address with --urls http://localhost:PORT."],
        IOException => [failure.Message],

        // A level, an address or a certificate that the host cannot read.
        _ when failure.Source?.StartsWith("Microsoft.", StringComparison.Ordinal) == true => [failure.Message, "--help lists the settings."],
        _ => null,
    };

    /// <summary>The library names its options as code does; settings have colons.</summary>
    private static string AsKey(string words) => words.IndexOf(' ') is > 0 and var end ? words[..end].Replace('.', ':') + words[end..] : words;
}
