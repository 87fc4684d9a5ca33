using System.Globalization;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>
/// An HTTP answer in place of the upgrade (<c>spec/client.md</c>, Dial). The status decides what follows; a cause of the protocol is told only where an Airlock server named it: many others answer
/// with the same status.
/// </summary>
/// <param name="Status">The status.</param>
/// <param name="Named">What the header <c>Airlock-Cause</c> says, or null.</param>
/// <param name="RetryAfter">When to come back, or null.</param>
internal sealed record HttpAnswer(int Status, string? Named = null, TimeSpan? RetryAfter = null)
{
    /// <summary>How servers refuse before the upgrade (<c>spec/wire.md</c> §1). With another status a name contradicts itself, and counts for nothing.</summary>
    private static readonly Dictionary<string, int> _refusals = new()
    {
        [CloseReason.ProtocolUnsupported.Cause] = 400,
        ["handshake_invalid"] = 400,
        [CloseReason.OriginRefused.Cause] = 403,
        ["route_invalid"] = 404,
        ["upgrade_required"] = 426,
        ["version_unsupported"] = 426,
        [CloseReason.AddressLimit.Cause] = 429,
        [CloseReason.Draining.Cause] = 503,
        [CloseReason.UpgradeFailed.Cause] = 503,
    };

    private static readonly TimeSpan _most = TimeSpan.FromDays(1);

    /// <summary>Reads what an answer's headers say; its body is never looked at.</summary>
    public static HttpAnswer Of(int status, IReadOnlyDictionary<string, IEnumerable<string>>? headers)
    {
        // Of two names neither counts.
        var causes = All("Airlock-Cause").ToList();
        return new HttpAnswer(status, causes is [var cause] ? cause : null, Wait(All("Retry-After").FirstOrDefault(), All("Date").FirstOrDefault()));

        IEnumerable<string> All(string name) => headers?.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? [];
    }

    public Ending ToEnding(bool hasSession, Exception? origin)
    {
        var named = Named is not null && _refusals.TryGetValue(Named, out var its) && its == Status ? Named : null;
        var reason = CloseReason.All.FirstOrDefault(each => each.Cause == named);
        return new Ending
        {
            Code = reason?.CodeFor(hasSession) ?? 1006,
            Cause = named ?? $"http_{Status}",
            Text = named is null ? Unnamed() : $"The server refused the upgrade with HTTP {Status}. {reason?.Summary}".TrimEnd(),
            Advice = Passes(Status) ? RetryAdvice.ResumeLater : RetryAdvice.Never,
            Clean = true,
            Hint = RetryAfter,
            HttpStatus = Status,
            Origin = origin,
        };
    }

    /// <summary>
    /// From seconds, or from a date, which counts from the server's own and never from this machine's clock. At most a day; what is over, or nothing at all, is no hint: else a proxy's 0
    /// would have the client dial without a pause.
    /// </summary>
    internal static TimeSpan? Wait(string? retryAfter, string? date)
    {
        var text = retryAfter?.Trim() ?? "";
        var wait = text.Length > 0 && text.All(char.IsAsciiDigit) ? text.TrimStart('0') is { Length: <= 5 } seconds ? TimeSpan.FromSeconds(seconds.Length == 0 ? 0 : int.Parse(seconds, CultureInfo.InvariantCulture)) : _most
            : IsDate(text, out var at) && IsDate(date, out var now) ? at - now
            : TimeSpan.Zero;
        return wait <= TimeSpan.Zero ? null : wait < _most ? wait : _most;

        static bool IsDate(string? text, out DateTimeOffset date) => DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);
    }

    /// <summary>What is no refusal came from something in between, such as the sign-in page of a network; and what the standard calls temporary (RFC 9110 §15): that passes.</summary>
    private static bool Passes(int status) => status is < 400 or 408 or 425 or 429 or >= 500;

    private string Unnamed()
    {
        var word = Named is { } name && Ending.IsCause(name) ? $" ({name})" : "";
        return $"HTTP {Status}{word} came in place of the upgrade, and no Airlock server says why. " + Status switch
        {
            400 => "Something on the way cut the request, or does not let WebSockets pass.",
            401 => "What stands there wants credentials of its own.",
            403 => "What stands there lets nobody in, or not from here.",
            404 or 410 => "Is there an Airlock endpoint at this address?",
            405 or 426 => "Is there an Airlock endpoint at this address, and does everything on the way let WebSockets pass?",
            407 => "A proxy wants credentials.",
            < 400 => "Something on the way shows a page, or sends elsewhere: look at the address in a browser.",
            _ when Passes(Status) => "What stands there cannot serve it at the moment.",
            _ => "Look at the address, and at what stands in front of the server.",
        };
    }
}
