using Airlock.Core;

namespace Airlock;

/// <summary>What can be seen of a connection from outside.</summary>
internal sealed partial class Connection
{
    private volatile TaskCompletionSource? _rest;

    /// <summary>Which one of its server it is, from 1.</summary>
    internal long Number { get; }

    internal TimeSpan OpenedAt { get; }

    internal Principal? Principal => _authenticated?.Principal;

    /// <summary>Completes once nothing is under way for the connection: its session has no message that is not done and no answer that is not acknowledged, or it closes. One caller at a time.</summary>
    internal Task RestAsync()
    {
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rest = rest;
        // Looked at after it is there to be told: a rest that begins in between is not missed.
        NoteRest();
        return rest.Task;
    }

    /// <summary>Called wherever a rest may have begun: when a turn is done, after an acknowledgement, and with the connection's end.</summary>
    private void NoteRest()
    {
        if (_rest is { } rest && (_state >= ConnectionState.Closing || ReadPositions() is not { } p || (p.Done == p.Stored && p.Acked == p.Appended)))
        {
            rest.TrySetResult();
        }
    }

    /// <summary>The positions of the session; null if there is none, or its store cannot say. Whoever looks must not fail for it: the end of a connection does.</summary>
    private SessionPositions? ReadPositions()
    {
        try
        {
            return _attached?.Log?.Positions;
        }
        catch (Exception e)
        {
            Log.StoreFailed(_server.Logger, e, Id);
            return null;
        }
    }

    internal ConnectionReport Report()
    {
        // May lie in another store, and locks there; so not under the lock below.
        var attached = _attached?.Log is null ? null : _attached;
        var positions = ReadPositions();
        lock (_mail)
        {
            var record = _lifecycle.Record.Entries;
            return new ConnectionReport
            {
                Id = Id,
                Number = Number,
                Endpoint = _endpoint.Name,
                State = _lifecycle.State,
                OpenedAt = OpenedAt,
                Since = record.LastOrDefault(static e => e.From != e.To) is { At: > 0 } entered ? TimeSpan.FromTicks(entered.At) : OpenedAt,
                Address = _request.Address,
                Client = _hello?.Client,
                Principal = Principal,
                GatesDown = [.. _gates.Where(static g => g.State != GateState.Open).Select(static g => g.Name)],
                SessionTag = attached is null ? null : SessionReport.TagOf(attached.Log!.Id),
                IsResumed = attached?.IsResumed,
                Attempt = attached?.Attempt,
                Positions = positions,
                Reason = _lifecycle.Reason,
                Code = _lifecycle.Code,
                Record = record,
            };
        }
    }
}
