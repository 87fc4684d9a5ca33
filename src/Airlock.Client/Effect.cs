namespace Airlock.Client;

/// <summary>What <see cref="ClientCore"/> orders its driver to do, after the step that ordered it.</summary>
internal abstract record Effect
{
    /// <summary>Get credentials, set <see cref="Link.Offer"/>, and connect; or answer with <see cref="ClientCore.Ended"/>.</summary>
    public sealed record Dial(Link Link) : Effect;

    /// <summary>There is something to write: ask <see cref="ClientCore.Fill"/>.</summary>
    public sealed record Write(Link Link) : Effect;

    /// <summary>Write what is left, then close with this code; abort if that takes too long.</summary>
    public sealed record Close(Link Link, int Code, string Cause) : Effect;

    /// <summary>Get a fresh token; answer with <see cref="ClientCore.TokenFetched"/>.</summary>
    public sealed record FetchToken(Link Link) : Effect;

    /// <summary>Messages wait for the application.</summary>
    public sealed record Deliver : Effect;

    /// <summary>Tell the application.</summary>
    public sealed record Change(ConnectionChange What) : Effect;

    /// <summary>The first connection is ready.</summary>
    public sealed record Ready : Effect;

    /// <summary>Tell the sender of a message.</summary>
    public sealed record Settle(Receipt Receipt, MessageOutcome Outcome, AirlockRefusedException? Refusal = null) : Effect;

    /// <summary>The client stops: tell everybody who waits.</summary>
    public sealed record Finish(Ending Ending) : Effect;

    /// <summary>Every connection is over: let go of the timer, and tell nothing after this.</summary>
    public sealed record Rest : Effect;
}
