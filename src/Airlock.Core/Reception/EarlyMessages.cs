namespace Airlock.Core;

/// <summary>The messages of a client that came before <c>ready</c>: held within a credit, in order.</summary>
/// <remarks>Not safe for concurrent use. Invariant: what is held is at most the credit for a known user.</remarks>
/// <param name="beforeAuthentication">How much may come before the user is known.</param>
/// <param name="inAll">How much may come before <c>ready</c>, in all.</param>
public sealed class EarlyMessages(HoldCredit beforeAuthentication, HoldCredit inAll)
{
    private readonly Queue<EarlyMessage> _held = new();
    private int _messages;
    private long _bytes;

    /// <summary>Holds a message, or says why it may not come now.</summary>
    /// <param name="message">What came. Its payload is copied.</param>
    /// <param name="isAuthenticated">Whether the user is known.</param>
    /// <param name="resumes">Whether <c>hello</c> asked to resume: then the client waits for <c>ready</c>, which says what the session has already.</param>
    /// <returns>Null if it is held; else why the connection closes.</returns>
    public CloseReason? Hold(in EarlyMessage message, bool isAuthenticated, bool resumes)
    {
        if (resumes)
        {
            return CloseReason.EarlyData;
        }

        var credit = isAuthenticated ? inAll : beforeAuthentication;
        if (_messages + 1 > credit.Messages || _bytes + message.Payload.Length > credit.Bytes)
        {
            return CloseReason.EarlyDataOverflow;
        }

        _messages++;
        _bytes += message.Payload.Length;
        _held.Enqueue(message with { Payload = message.Payload.ToArray() });
        return null;
    }

    /// <summary>Takes the first message that is held.</summary>
    /// <param name="message">It.</param>
    /// <returns>False if there is none.</returns>
    public bool TryTake(out EarlyMessage message) => _held.TryDequeue(out message);
}
