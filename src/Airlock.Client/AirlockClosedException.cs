using Airlock.Core;

namespace Airlock.Client;

/// <summary>The client has stopped for good; nothing reconnects any more.</summary>
public sealed class AirlockClosedException : Exception
{
    internal AirlockClosedException(Ending ending)
        : base($"{ending.Cause} ({ending.Code}): {ending.Text}", ending.Origin)
    {
        Code = ending.Code;
        Cause = ending.Cause;
        HttpStatus = ending.HttpStatus;
        Reason = ending.Reason;
    }

    /// <summary>The close code. 1006 if there was none, 4900 if the application closed the client, 4902 if the server broke the protocol.</summary>
    public int Code { get; }

    /// <summary>The stable name of the cause, in snake case, from <c>spec/wire.md</c>; <c>http_404</c> and the like for an HTTP answer that no Airlock server gave.</summary>
    public string Cause { get; }

    /// <summary>The catalogue's entry for <see cref="Cause"/>, or null if this version does not know it.</summary>
    public CloseReason? Reason { get; }

    /// <summary>The HTTP status if an answer came in place of the upgrade, or null.</summary>
    public int? HttpStatus { get; }
}
