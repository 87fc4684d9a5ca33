namespace Airlock.Client;

/// <summary>A message was not, or will not be, processed.</summary>
public sealed class AirlockRefusedException : Exception
{
    internal AirlockRefusedException(string id, string cause, string? status = null)
        : base($"Message {id} was refused: {cause}{(status is null ? "" : $" ({status})")}.")
    {
        Id = id;
        Cause = cause;
        Status = status;
    }

    /// <summary>The message's id.</summary>
    public string Id { get; }

    /// <summary>
    /// The server's <c>handler_failed</c> or <c>duplicate</c>; or the client's own <c>queue_full</c>, <c>message_too_large</c> (for the server's limit) or
    /// <c>principal_changed</c> (the credentials are another user's now, and no message is sent in another user's name).
    /// </summary>
    public string Cause { get; }

    /// <summary>For <c>duplicate</c>: <c>done</c> if the message was handled in an earlier session, <c>pending</c> if another session is handling it. Else null.</summary>
    public string? Status { get; }
}
