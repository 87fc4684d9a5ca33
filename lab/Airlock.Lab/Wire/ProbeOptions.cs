using System.Diagnostics.CodeAnalysis;

namespace Airlock.Lab.Wire;

/// <summary>What a probe does.</summary>
internal sealed record ProbeOptions
{
    /// <summary>The server's WebSocket address.</summary>
    public required Uri Url { get; init; }

    /// <summary>How many walks. From 1. Default: 200, enough for a median.</summary>
    public int Count { get; init; } = 200;

    /// <summary>How many at a time. From 1. Default: 10.</summary>
    public int Concurrency { get; init; } = 10;

    /// <summary>The token to show; null to sign in as the page does, where the server offers it, or else to show nothing.</summary>
    public string? Token { get; init; }

    /// <summary>Where to fetch a ticket for each walk; null for none.</summary>
    public Uri? TicketUrl { get; init; }

    /// <summary>The JSON to send.</summary>
    public string Message { get; init; } = Probing.MessageOfDefault;

    /// <summary>How long one phase of a walk may take. Default: 60 seconds, more than a server waits for its services.</summary>
    public TimeSpan PhaseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What is judged.</summary>
    public Budgets Budgets { get; init; } = new();

    /// <summary>Reads an address as people write it.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="url">The WebSocket address.</param>
    /// <param name="problem">What is wrong with it, as a sentence.</param>
    public static bool TryParseUrl(string text, [NotNullWhen(true)] out Uri? url, out string problem)
    {
        problem = "";
        if (!Uri.TryCreate(text, UriKind.Absolute, out url) || url.Host.Length == 0)
        {
            (url, problem) = (null, $"'{text}' is no address. Write one such as ws://localhost:5080/chat or https://example.org/chat.");
            return false;
        }

        var scheme = url.Scheme switch { "ws" or "http" => "ws", "wss" or "https" => "wss", _ => null };
        if (scheme is null)
        {
            (url, problem) = (null, $"'{text}' does not begin with ws, wss, http or https.");
            return false;
        }

        // The port that stands for the scheme is not the number of the one before.
        url = new UriBuilder(url) { Scheme = scheme, Port = url.IsDefaultPort ? -1 : url.Port }.Uri;
        return true;
    }
}
