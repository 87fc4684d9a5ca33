using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>The spans of one connection: <c>airlock.connect</c>, from the request to ready, with one child for each phase, and later ones for the drain and the close.</summary>
/// <remarks>
/// They are made when the start is over, from the instants noted on the way: whose child they are is known only from <c>hello</c>. The phases in which
/// messages are handled have none: they last for as long as the user stays, and a span is told only at its end. Not safe for concurrent use; its driver calls it in order.
/// </remarks>
internal sealed class ConnectionSpans(string endpoint, string connection, long begunAt, DateTimeOffset begun)
{
    /// <summary>The host's own span of the request, if it has one.</summary>
    private readonly ActivityContext _request = Activity.Current?.Context ?? default;
    private readonly List<(ConnectionState Phase, long From, long To)> _phases = new(4);
    private ActivityContext _connect;
    private bool _isSetUp;

    /// <summary>A phase is over.</summary>
    /// <param name="phase">Which.</param>
    /// <param name="next">What follows.</param>
    /// <param name="from">When it began, in ticks of the driver's clock.</param>
    /// <param name="to">When it ended.</param>
    /// <param name="traceParent">What the client was doing, if <c>hello</c> told.</param>
    /// <param name="end">Why the connection ends, if it does.</param>
    internal void Passed(ConnectionState phase, ConnectionState next, long from, long to, string? traceParent, (CloseReason Reason, int Code)? end)
    {
        if (_isSetUp)
        {
            if (phase is ConnectionState.Draining or ConnectionState.Closing)
            {
                Add(phase, from, to, end);
            }

            return;
        }

        _phases.Add((phase, from, to));
        if (next >= ConnectionState.ProcessingReady)
        {
            _isSetUp = true;
            Tell(to, Spans.ContextOf(traceParent), end);
            _phases.Clear();
        }
    }

    private void Tell(long to, ActivityContext client, (CloseReason Reason, int Code)? end)
    {
        if (Spans.Begin("airlock.connect", ActivityKind.Server, client == default ? _request : client, At(begunAt)) is not { } connect)
        {
            return;
        }

        if (client != default && _request != default)
        {
            connect.AddLink(new ActivityLink(_request));
        }

        _connect = connect.Context;
        Describe(connect, end);
        foreach (var (phase, from, until) in _phases)
        {
            Add(phase, from, until, null);
        }

        connect.End(At(to));
    }

    private void Add(ConnectionState phase, long from, long to, (CloseReason Reason, int Code)? end)
    {
        // Without its parent nobody wants it: the sampler has decided.
        if (_connect != default && Spans.Begin("airlock." + EndpointMetrics.NameOf(phase), ActivityKind.Internal, _connect, At(from)) is { } span)
        {
            Describe(span, end);
            span.End(At(to));
        }
    }

    private void Describe(Activity span, (CloseReason Reason, int Code)? end)
    {
        span.SetTag(Tag.Endpoint, endpoint).SetTag("airlock.connection", connection);
        if (end is var (reason, code))
        {
            span.SetReason(reason, code);
        }
    }

    private DateTimeOffset At(long ticks) => begun + TimeSpan.FromTicks(ticks - begunAt);
}
