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
    private static readonly CloseExplanation _closeLost = new("close_lost", "The server closed, and the client did not get to hear why: the frame was lost on the way.");
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
        [_agreed, _takenOver, _closedBetween, _closeLost, _pathDead, _idleTimeout, _halfOpen, _cutBetween, _clientRestarted, _unreported];

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
            : !isLost ? seen.Code == end.Code || end.Reason == CloseReason.ClientClosed ? _agreed : _closedBetween
            : end.Reason == CloseReason.Superseded ? _halfOpen
            : end.Reason != CloseReason.TransportLost ? _closeLost
            : IsIdle(end.Silence, seen.Silence) ? _idleTimeout
            : _cutBetween;
    }

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
