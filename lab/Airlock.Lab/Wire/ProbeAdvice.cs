using System.Globalization;
using Airlock.Core;

namespace Airlock.Lab.Wire;

/// <summary>What to look at when a walk fails.</summary>
internal static class ProbeAdvice
{
    /// <summary>A sentence or two about a failure; null where it says enough itself.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="url">Where.</param>
    /// <param name="isForeign">Whether the server takes WebSockets and speaks another protocol.</param>
    public static string? For(ProbeFailure failure, Uri url, bool isForeign)
    {
        if (isForeign)
        {
            return $"probe and wire need an endpoint that speaks {Protocol.Name}: MapAirlock of Airlock.AspNetCore, or another implementation of the protocol. Of any other only the upgrade can be measured from outside; 'airlock-lab run --subject' examines it in simulation.";
        }

        if (failure.Phase is "connect" or "credentials")
        {
            return failure.What.Contains("refused", StringComparison.OrdinalIgnoreCase) || failure.What.StartsWith("nothing came", StringComparison.Ordinal)
                ? string.Create(CultureInfo.InvariantCulture, $"Nobody answers at {url.Host}:{url.Port}: is the server up, are host and port right?")
                : null;
        }

        return StatusOf(failure.What) switch
        {
            404 => $"Nothing is mapped at {url.AbsolutePath}: is it the path that MapAirlock was given?",
            401 or 403 => $"The upgrade itself is refused. Airlock asks for credentials only after it: something in front of it asks, or refuses the origin, or no WebSocket is mapped at {url.AbsolutePath} (some frameworks answer 403 then).",
            >= 200 and < 400 => $"{url.AbsolutePath} answers an ordinary HTTP request and does not upgrade: is it the right path, and does every proxy on the way pass 'Upgrade' and 'Connection' on?",
            400 or 405 or 426 => "The request arrived and was not taken for an upgrade: does every proxy on the way pass 'Upgrade' and 'Connection' on?",
            502 or 503 or 504 => "A proxy cannot reach the server, or the server is starting or draining: look whether it is up, and try again.",
            _ when failure.What.Contains("credentials_missing", StringComparison.Ordinal) => "The server lets nobody in without credentials: --token, or --ticket-url.",
            _ => null,
        };
    }

    private static int? StatusOf(string what) => what.StartsWith("HTTP ", StringComparison.Ordinal) && int.TryParse(what.Split(' ')[1], CultureInfo.InvariantCulture, out var status) ? status : null;
}
