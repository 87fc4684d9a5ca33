using Airlock.Core;

namespace Airlock;

/// <summary>What the two accounts of one connection's end come to: the server's own and what its client tells at the next attach.</summary>
/// <remarks>Not a guess: where the evidence allows several stories, the explanation says only what they share.</remarks>
internal sealed class CloseExplanation
{
    /// <summary>Shorter silences come about by chance.</summary>
    private static readonly TimeSpan _idleLeast = TimeSpan.FromSeconds(5);

    private static readonly CloseExplanation _agreed = new("agreed", "Both ends know the same end.");
    private static readonly CloseExplanation _takenOver = new("taken_over", "A newer connection of the session took over while this one was open.");
    private static readonly CloseExplanation _closedBetween = new("closed_between", "The client got a close frame that this server did not send: something in between closed.");
    private static readonly CloseExplanation _closedInClientsName = new("closed_in_clients_name", "The server read a close frame that the client did not send: something in between, or the browser, closed in its name.");
    private static readonly CloseExplanation _refusedByClient = new("refused_by_client", "The client's WebSocket layer refused what it was sent: something in between changed it, or it is a bug of the server.");
    private static readonly CloseExplanation _closeLost = new("close_lost", "One end closed, and the other did not get to hear why: the frame was lost on the way.");
    private static readonly CloseExplanation _pathDead = new("path_dead", "One end heard nothing any more and gave up while the other was alive: the path carried nothing.");
    private static readonly CloseExplanation _idleTimeout = new("idle_timeout", "Both ends lost the transport after the same silence: something in between cuts connections that are idle that long.");
    private static readonly CloseExplanation _halfOpen = new("half_open", "The client had lost the transport, and this server had not noticed.");
    private static readonly CloseExplanation _cutBetween = new("cut_between", "Both ends lost the transport and neither closed it: something in between cut it.");
    private static readonly CloseExplanation _clientRestarted = new("client_restarted", "The client's process or page ended without a close, and another went on with its session.");
    private static readonly CloseExplanation _unreported = new("unreported", "The client did not tell what it saw.");

    private CloseExplanation(string name, string meaning) => (Name, Meaning) = (name, meaning);

    /// <summary>The stable name, in snake case.</summary>
    internal string Name { get; }

    /// <summary>One sentence for a person.</summary>
    internal string Meaning { get; }

    /// <summary>Whether the client's account adds something to the server's.</summary>
    internal bool IsNews => this != _agreed && this != _takenOver;

    /// <summary>Every explanation.</summary>
    internal static IReadOnlyList<CloseExplanation> All { get; } =
        [_agreed, _takenOver, _closedBetween, _closedInClientsName, _refusedByClient, _closeLost, _pathDead, _idleTimeout, _halfOpen, _cutBetween, _clientRestarted, _unreported];

    /// <summary>Lays both accounts side by side.</summary>
    /// <param name="end">How the connection ended here.</param>
    /// <param name="saw">What the client tells; null if it does not.</param>
    internal static (CloseExplanation Explanation, SeenClose? Seen) Of(ConnectionEnd end, IReadOnlyList<SeenClose>? saw)
    {
        // The newest: a client may have been given a connection twice only by a broken server.
        var seen = saw?.LastOrDefault(s => s.Connection == end.Connection);
        return (seen is null ? WithoutClient(end, isFresh: saw is { Count: 0 }) : WithClient(end, seen), seen);
    }

    private static CloseExplanation WithoutClient(ConnectionEnd end, bool isFresh) =>
        end.Reason == CloseReason.ClientClosed ? _agreed
        : end.Reason == CloseReason.Superseded ? _takenOver
        : isFresh ? _clientRestarted
        : _unreported;

    private static CloseExplanation WithClient(ConnectionEnd end, SeenClose seen)
    {
        const int ServerSilent = 4903;
        var isLost = seen.Code is 1005 or 1006;
        return seen.Code == ServerSilent || (isLost && end.Reason == CloseReason.NoPong) ? _pathDead
            : end.Reason == CloseReason.ClientClosed ? OfClose(end, seen)
            : IsClients(seen.Code) ? _closeLost
            : !isLost ? seen.Code == end.Code ? _agreed : _closedBetween
            : end.Reason == CloseReason.Superseded ? _halfOpen
            : end.Reason != CloseReason.TransportLost ? _closeLost
            : IsIdle(end.Silence, seen.Silence) ? _idleTimeout
            : _cutBetween;
    }

    /// <summary>The server read a close frame of the client's: did the client send it?</summary>
    private static CloseExplanation OfClose(ConnectionEnd end, SeenClose seen) =>
        // A close without a code is answered with 1000, which is what its sender is shown.
        IsClients(seen.Code) || (seen.Code is 1000 or 1005 && end.Code is 1000 or 1005) || (seen.Code == end.Code && seen.Code is >= 3000) ? _agreed
        // A code of this server's that it did not send: closed towards both, perhaps with two codes.
        : CloseReason.All.Any(reason => reason.Code >= 4000 && (seen.Code == reason.Code || seen.Code == reason.ResumeCode)) ? _closedBetween
        : end.Code is 1002 or 1003 or 1007 or 1009 ? _refusedByClient
        : _closedInClientsName;

    /// <summary>Whether it is one of those codes that a client closes with by itself (<c>spec/wire.md</c> §7).</summary>
    private static bool IsClients(int code) => code is >= 4900 and <= 4999;

    private static bool IsIdle(TimeSpan? here, long? there)
    {
        if (here is not { } silence || there is not { } ms || ms > TimeSpan.MaxValue.TotalMilliseconds / 2)
        {
            return false;
        }

        // The two clocks run from different frames: the last one each side heard.
        var other = TimeSpan.FromMilliseconds(ms);
        var difference = (silence - other).Duration();
        return silence >= _idleLeast && other >= _idleLeast && difference <= TimeSpan.FromSeconds(Math.Max(1, silence.TotalSeconds / 10));
    }
}
