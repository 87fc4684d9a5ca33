namespace Airlock.AspNetCore;

/// <summary>What a request carried, by carrier; null where nothing came. Secrets: never logged.</summary>
internal readonly record struct CarriedCredentials(string? Authorization, string? SubProtocolToken, string? Ticket, string? Cookie)
{
    /// <summary>What <see cref="Ticket"/> stood for; null if it was not valid.</summary>
    internal AuthenticationOutcome? Ticketed { get; init; }

    /// <summary>Whether different tokens were offered as sub-protocols: neither can be preferred.</summary>
    internal bool HasSeveralSubProtocolTokens { get; init; }

    /// <summary>The carriers' names on the wire.</summary>
    internal IEnumerable<string> Names()
    {
        if (Authorization is not null)
        {
            yield return "authorization";
        }

        if (SubProtocolToken is not null)
        {
            yield return "subprotocol";
        }

        if (Ticket is not null)
        {
            yield return "ticket";
        }

        if (Cookie is not null)
        {
            yield return "cookie";
        }
    }

    /// <summary>Says which are there, never what they are: this may end in a log.</summary>
    public override string ToString() => string.Join(' ', Names());
}
