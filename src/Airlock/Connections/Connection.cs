using Airlock.Core;

namespace Airlock;

/// <summary>The driver of one server connection, from the request to the end: it opens the rooms, runs what the lifecycle orders, and closes them.</summary>
/// <remarks>
/// <see cref="Entrance"/> lets it in, <see cref="Reader"/> reads, <see cref="Writer"/> writes, everything that happens goes through the <see cref="Mailbox"/>, and what is ordered then is run here.
/// <see cref="Admission"/> acquires user and session, <see cref="Intake"/> takes the client's messages, <see cref="Announcer"/> makes the connection's own frames.
/// </remarks>
internal sealed class Connection : IMailboxOwner, ISessionObserver
{
    private readonly ConnectionScope _scope;
    private readonly ConnectionIndex<Connection> _index;
    private readonly PeerWatch _watch;
    private readonly Mailbox _mailbox;
    private readonly SocketSender _sender;
    private readonly Writer _writer;
    private readonly RestWatch _rest;
    private readonly Entrance _entrance;
    private readonly Admission _admission;
    private readonly Intake _intake;
    private readonly Reader _reader;
    private readonly Announcer _announcer;
    private readonly ConnectionTelemetry _telemetry;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="endpoint">Where it was asked for.</param>
    /// <param name="turns">Who handles the messages of its session.</param>
    /// <param name="index">Where it can be found while it lasts.</param>
    /// <param name="request">What is known of it.</param>
    internal Connection(EndpointScope endpoint, TurnProcessor turns, ConnectionIndex<Connection> index, ConnectionRequest request)
    {
        _index = index;
        var (number, at) = endpoint.Server.Closes.NoteOpened();
        _scope = new ConnectionScope(endpoint, turns, request, endpoint.Server.Platform.Entropy.NewId('c'), number, at);
        _watch = new PeerWatch(_scope);
        _mailbox = new Mailbox(_scope, _watch, this);
        _sender = new SocketSender(_scope, _mailbox);
        var guard = new StoreGuard(_scope, _mailbox, _watch);
        _admission = new Admission(_scope, _mailbox, _watch, guard);
        _rest = new RestWatch(_scope, _mailbox, _admission);
        _writer = new Writer(_scope, _mailbox, guard, _rest, _sender);
        _intake = new Intake(_scope, _mailbox, guard, _writer, _rest);
        _reader = new Reader(_scope, _mailbox, _watch, _admission, _intake, guard);
        _announcer = new Announcer(_scope, _mailbox, _writer, _admission);
        _entrance = new Entrance(_scope, _mailbox, _sender, _watch, _announcer, _admission);
        _telemetry = new ConnectionTelemetry(_scope, _admission);
    }

    internal string Id => _scope.Id;

    internal long Number => _scope.Number;

    internal TimeSpan OpenedAt => _scope.OpenedAt;

    internal ConnectionState State => _mailbox.State;

    internal Principal? Principal => _admission.Authenticated?.Principal;

    internal async Task RunAsync()
    {
        try
        {
            // In the index before the accept: nothing can happen to a connection that nobody can find.
            _index.Enter(Id, this);
            _telemetry.Begin();
            if (await _entrance.OpenAsync() is { } socket)
            {
                await _reader.ReadAsync(socket);
                await _ended.Task;
            }
        }
        catch (Exception e)
        {
            // The driver's edge. What peers and networks do is handled where it happens.
            Log.DriverFailed(_scope.Platform.Logger, e, Id);
        }
        finally
        {
            Post(LifecycleEvent.ScopeLeft());
            await _writer.EndAsync();
            _intake.Forget();
            if (!_watch.IsClosedByLayer)
            {
                // Else the layer has just sent a close frame of its own, and disposing would reset the stream before that is delivered; it ends when the host's request does.
                _sender.Dispose();
            }

            _entrance.Leave();
        }
    }

    internal void Post(in LifecycleEvent e) => _mailbox.Post(e);

    internal IReadOnlyList<FlightEntry> ReadRecord() => _mailbox.Read().Record;

    /// <inheritdoc cref="RestWatch.RestAsync"/>
    internal Task RestAsync() => _rest.RestAsync();

    /// <inheritdoc cref="SocketSender.ToldAsync"/>
    internal Task ToldAsync() => _sender.ToldAsync();

    /// <inheritdoc cref="SocketSender.Abort"/>
    internal void Abort() => _sender.Abort();

    internal ConnectionReport Report()
    {
        var (session, positions) = (_admission.Session, _rest.ReadPositions());
        var (state, reason, code, record) = _mailbox.Read();
        return new ConnectionReport
        {
            Id = Id,
            Number = Number,
            Endpoint = _scope.Endpoint.Name,
            State = state,
            OpenedAt = OpenedAt,
            Since = record.LastOrDefault(static e => e.From != e.To) is { At: > 0 } entered ? TimeSpan.FromTicks(entered.At) : OpenedAt,
            Address = _scope.Request.Address,
            Client = _admission.Hello?.Client,
            Principal = Principal,
            GatesDown = [.. _announcer.Gates.Where(static g => g.State != GateState.Open).Select(static g => g.Name)],
            SessionTag = session is null ? null : SessionReport.TagOf(session.Log.Id),
            IsResumed = session?.Outcome.IsResumed,
            Attempt = session?.Outcome.Attempt,
            Positions = positions,
            Reason = reason,
            Code = code,
            Record = record,
        };
    }

    /// <inheritdoc/>
    public void OnRevoked(CloseReason reason, TimeSpan? retryAfter) => Post(LifecycleEvent.CloseRequested(reason, retryAfter));

    /// <inheritdoc/>
    public void OnChanged() => _writer.NoteChanged();

    LifecycleEvent IMailboxOwner.ReadGates() => _announcer.ReadGates();

    void IMailboxOwner.WriteOutput() => _writer.Write();

    void IMailboxOwner.Carry(in LifecycleEvent e, in Transition transition)
    {
        _telemetry.Record(e, transition);
        for (var i = 0; i < transition.Effects.Count; i++)
        {
            try
            {
                Run(transition.Effects[i], transition);
            }
            catch (Exception broken)
            {
                // The mailbox goes on, and the reader finds the transport cut.
                _sender.Break(broken);
            }
        }

        if (e.Kind == EventKind.UpgradeAccepted)
        {
            _entrance.NoteUpgraded(transition.Applied);
        }
    }

    private void Run(in Effect effect, in Transition transition)
    {
        switch (effect.Kind)
        {
            case EffectKind.RefuseUpgrade:
                _entrance.NoteRefused(effect.Reason!, effect.RetryAfter);
                break;
            case EffectKind.SendOpen:
                _announcer.SendOpen();
                break;
            case EffectKind.Authenticate:
                _admission.Authenticate(effect.Id);
                break;
            case EffectKind.SendAuthed:
                _announcer.SendAuthed(effect.Due);
                break;
            case EffectKind.WatchGates:
                _announcer.WatchGates();
                break;
            case EffectKind.Attach:
                _ = _admission.AttachAsync(effect.Id, this);
                break;
            case EffectKind.SendReady:
                Serve(_admission.Session!);
                break;
            case EffectKind.SendGates:
                _announcer.SendGates(effect.Due);
                break;
            case EffectKind.SendPing:
                _announcer.SendPing();
                break;
            case EffectKind.SendRefresh:
                _announcer.SendRefresh();
                break;
            case EffectKind.Refresh:
                _admission.Refresh(effect.Id);
                break;
            case EffectKind.SendDrain:
                _announcer.SendDrain(effect.Due!.Value);
                break;
            case EffectKind.EndInput:
                _intake.EndInput(_admission.Session!);
                break;
            case EffectKind.SendClose:
                _announcer.SendClose(effect.Reason!, transition.Code!.Value, effect.RetryAfter, transition.HasSession);
                break;
            case EffectKind.Cancel:
                _admission.Cancel();
                break;
            case EffectKind.ReleaseUser:
                _admission.ReleaseUser();
                break;
            case EffectKind.ReleaseSession:
                _ = _admission.Session!.ReleaseAsync(new ConnectionEnd(Id, transition.Reason!, transition.Code!.Value) { Silence = _watch.Silence() });
                break;
            case EffectKind.Abort:
                _sender.Abort();
                break;
            case EffectKind.Unregister:
                Unregister(transition);
                break;
        }
    }

    private void Serve(AttachedSession session)
    {
        _announcer.SendReady(session, _telemetry.Explanation);
        _intake.BeginServing(session);
        _writer.Write();
        _admission.Forget();
    }

    private void Unregister(in Transition transition)
    {
        _mailbox.Retire();
        _announcer.UnwatchGates();
        _scope.Server.Closes.NoteClosed(_scope.Request.IsProbe ? null : Report());
        _index.Leave(Id, this);
        _rest.Look();
        _admission.Cancel();
        // Before the connection's request ends: who sees that ended finds the line.
        _telemetry.LogEnd(transition, ReadRecord());
        _ended.TrySetResult();
    }
}
