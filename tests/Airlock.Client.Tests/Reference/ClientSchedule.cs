using System.Globalization;
using System.Text;
using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>
/// One life of a client as a seed has it: the pure core, a network that delays, cuts, stalls and refuses, a server that moves and closes, an application that sends, is slow, keeps
/// its token too long and starts anew. All on virtual time. For two minutes everything may happen, then nothing does any more, and the client has to finish everything.
/// </summary>
internal sealed class ClientSchedule
{
    private static readonly TimeSpan _stormsUntil = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan _patience = TimeSpan.FromHours(1);

    private readonly PriorityQueue<Action, (TimeSpan At, long Number)> _queue = new();
    private readonly ModelServer _server;
    private readonly AirlockClientOptions _options;
    private readonly List<ModelSession> _sessions = [];
    private readonly Dictionary<Link, ModelWire> _wires = [];
    private readonly List<string> _sent = [];
    private readonly Dictionary<string, string> _outcomes = [];
    private readonly Dictionary<string, List<ServerMessage>> _handled = [];
    private readonly Dictionary<int, string> _epochs = [];
    private readonly List<string> _had = [];
    private readonly List<IReadOnlyList<LostRange>> _losses = [];
    private readonly List<TimeSpan> _dials = [];
    private readonly List<TimeSpan> _asks = [];
    private readonly TimeSpan _skew;
    private readonly bool _looksAtReason;
    private readonly int _lifetime;
    private ClientCore _core;
    private TimeSpan _born;
    private long _number;
    private string? _token;
    private bool _inHand;
    private string? _violation;

    public ClientSchedule(int seed)
    {
        Random = new Random(seed);
        UsesTokens = Random.Next(2) == 0;
        _skew = TimeSpan.FromMilliseconds(Random.Next(-3000, 3000));
        _looksAtReason = Random.Next(2) == 0;
        // Longer than two dials may take: else a token may be expired each time it arrives, and the fourth time is the end (spec/client.md).
        _lifetime = Random.Next(11_000, 60_000);
        _options = new AirlockClientOptions { Jitter = Random.NextDouble, ConnectTimeout = TimeSpan.FromSeconds(5), Token = UsesTokens ? static _ => new((string?)null) : null };
        _server = new ModelServer(this);
        _core = New(new Session("instance", _options.UnhandledBytesMax));
    }

    public Random Random { get; }

    public TimeSpan Now { get; private set; }

    public bool UsesTokens { get; }

    /// <summary>Whether nothing bad happens any more.</summary>
    public bool IsCalm => Now > _stormsUntil;

    /// <summary>Where each step is told, or null.</summary>
    public Action<string>? Trace { get; init; }

    public int Dials => _dials.Count;

    public int Sessions => _sessions.Count;

    public int Sent => _sent.Count;

    public int Gaps => _handled.Values.Sum(static given => given.Count(static message => message.Kind == MessageKind.Gap));

    public void Violation(string what) => _violation ??= $"at {Now}: {what}";

    public void Made(ModelSession session) => _sessions.Add(session);

    public void After(double milliseconds, Action act) => At(Now + TimeSpan.FromMilliseconds(milliseconds), act);

    public void At(TimeSpan at, Action act) => _queue.Enqueue(act, (at, ++_number));

    /// <summary>Runs to the end; null, or the first thing that was wrong.</summary>
    public string? Run()
    {
        Do(core => core.Start(CoreNow));
        After(0, Send);
        After(50, Stir);
        After(Random.Next(20_000, 200_000), Restart);
        After(_stormsUntil.TotalMilliseconds + 5000, () => Do(core => core.Bye(CoreNow)));
        for (var steps = 0; _violation is null && Now < _patience; steps++)
        {
            if (steps > 200_000)
            {
                return $"at {Now}: it spins";
            }

            var due = _core.Due is { } at ? at + _born : (TimeSpan?)null;
            if (_queue.TryPeek(out _, out var next) && (due is null || next.At <= due))
            {
                Now = next.At > Now ? next.At : Now;
                _queue.Dequeue()();
            }
            else if (due is { } tick)
            {
                Now = tick > Now ? tick : Now;
                Do(core => core.Tick(CoreNow));
            }
            else
            {
                break;
            }
        }

        return _violation ?? Judge();
    }

    private TimeSpan CoreNow => Now - _born;

    private ClientCore New(Session session) => new(session, _options, DateTimeOffset.UnixEpoch);

    private string? Judge()
    {
        if (_core.Finished?.Cause != "bye")
        {
            return $"it ended with {_core.Finished?.Cause ?? "nothing"} at {Now}";
        }

        foreach (var session in _sessions)
        {
            var given = _handled.GetValueOrDefault(session.Id) ?? [];
            if (!given.Select(static message => message.Sequence).SequenceEqual(Enumerable.Range(1, given.Count).Select(static s => (long)s)))
            {
                return $"of {session.Id} the application was given {string.Join(' ', given.Select(static message => message.Sequence))}";
            }

            if (given.Zip(session.Log).FirstOrDefault(static pair => !pair.First.Payload.Span.SequenceEqual(pair.Second.Payload.Span) || pair.First.Missed != pair.Second.Missed || $"{pair.First.Kind}" != $"{pair.Second.Kind}") is { First: { } wrong })
            {
                return $"message {wrong.Sequence} of {session.Id} is another one";
            }

            if ((session == _sessions[^1] || session.Core.InputEnded) && given.Count != session.Log.Count)
            {
                return $"of {session.Id} {session.Log.Count - given.Count} messages were not given";
            }

            if (!session.Handled.SequenceEqual(session.Handled.OrderBy(_sent.IndexOf)))
            {
                return $"{session.Id} handled {string.Join(' ', session.Handled)}";
            }
        }

        // Every session that the client has had and that did not end with bye is told to be lost, once and in turn, with what was not handled of it.
        var gone = _had.SkipLast(1).Select(id => _sessions.Single(session => session.Id == id)).Where(static session => !session.Core.InputEnded).ToList();
        if (gone.Count != _losses.Count)
        {
            return $"{gone.Count} sessions are lost, and {_losses.Count} losses were told";
        }

        foreach (var (session, loss) in gone.Zip(_losses))
        {
            var handled = _handled.TryGetValue(session.Id, out var given) ? given.Count : 0;
            if (Enumerable.Range(handled + 1, session.Log.Count - handled).FirstOrDefault(s => !loss.Any(range => range.Direction == Direction.Down && range.From <= s && !(range.To < s))) is > 0 and var missing)
            {
                return $"message {missing} of {session.Id} was neither given nor told to be lost";
            }

            if (loss.Any(range => range.Direction == Direction.Down && range.From <= handled))
            {
                return $"of {session.Id} messages up to {handled} were handled, and are told to be lost from {loss[0].From} on";
            }
        }

        return _sent.Find(id => !_outcomes.ContainsKey(id)) is { } untold ? $"nobody was told what became of {untold}"
            : _core.Due is { } due ? $"a timer is left at {due}"
            : _core.NextMessage is { } message ? $"message {message.Sequence} is left"
            : _core.Session.Outbox.Messages.Count > 0 ? "unfinished messages are left"
            : _wires.Keys.FirstOrDefault(static link => !link.IsOver) is { } link ? $"connection {link.Number} is left in {link.State}"
            : _server.Sessions.Values.FirstOrDefault(static left => left.Connection is not null) is { } attached ? $"{attached.Id} is attached still"
            : TooOften(_dials, 6, "dialed") ?? TooOften(_asks, 4, "asked for credentials");
    }

    private static string? TooOften(List<TimeSpan> times, int most, string what)
    {
        for (var i = most; i < times.Count; i++)
        {
            if (times[i] - times[i - most] < TimeSpan.FromSeconds(1))
            {
                return $"it {what} {most + 1} times within a second at {times[i]}";
            }
        }

        return null;
    }

    private void Send()
    {
        if (_core.Finished is null && !_core.Leaving)
        {
            var id = $"m{_sent.Count + 1}";
            if (_core.Session.Outbox.Messages.Count < 100)
            {
                _sent.Add(id);
                Do(core => core.Send(id, Encoding.UTF8.GetBytes($"\"{id}\"")));
            }

            if (Random.Next(10) == 0)
            {
                var stopped = _sent[Random.Next(_sent.Count)];
                Do(core => core.Stop(stopped));
            }
        }

        if (!IsCalm)
        {
            After(Random.Next(Random.Next(3) == 0 ? 3000 : 300), Send);
        }
    }

    private void Stir()
    {
        foreach (var wire in _wires.Values.Where(static wire => wire.IsUp).ToList())
        {
            if (Random.Next(12) == 0)
            {
                wire.Break(Random.Next(2) == 0);
            }
            else if (Random.Next(3) == 0)
            {
                _server.Stir(wire.Server);
            }
        }

        if (!IsCalm)
        {
            After(Random.Next(1000), Stir);
        }
    }

    /// <summary>The process ends and another begins with what it left.</summary>
    private void Restart()
    {
        if (IsCalm || _core.Finished is not null)
        {
            return;
        }

        // What was in the application's hands comes again.
        _inHand = false;
        Do(core => core.Leave(CoreNow));
        var state = System.Text.Json.JsonSerializer.Deserialize<AirlockClientState>(System.Text.Json.JsonSerializer.Serialize(_core.Session.Export()))!;
        state.Check();
        foreach (var message in _core.Session.Outbox.Untold.Where(message => state.Messages.All(kept => kept.Id != message.Id)))
        {
            // Its receipt faults: whether it was handled is known to nobody here.
            _outcomes.TryAdd(message.Id, "client_closed");
        }

        var session = new Session(state.Instance, _options.UnhandledBytesMax);
        session.Restore(state);
        (_core, _born) = (New(session), Now);
        _epochs.Clear();
        Do(core => core.Start(CoreNow));
        After(Random.Next(10_000, 100_000), Restart);
    }

    private void Do(Action<ClientCore> step) => Do(_core, step);

    private void Do(ClientCore core, Action<ClientCore> step)
    {
        step(core);
        core.Session.CheckInvariants();
        while (core.TryTake(out var effect))
        {
            Perform(core, effect);
        }

        if (core == _core)
        {
            if (core.Session.Id is { } id)
            {
                _epochs[core.Session.Inbox.Epoch] = id;
                if (_had.LastOrDefault() != id)
                {
                    _had.Add(id);
                }
            }

            Give();
        }
    }

    private void Perform(ClientCore core, Effect effect)
    {
        switch (effect)
        {
            case Effect.Dial dial:
                _dials.Add(Now);
                _wires[dial.Link] = new ModelWire(this, _server, dial.Link, step => Do(core, step), () => Now - (core == _core ? _born : TimeSpan.Zero));
                Ask(dial.Link.Reason, token => _wires[dial.Link].Dial(token));
                break;
            case Effect.Write write:
                _wires[write.Link].Pump(core);
                break;
            case Effect.Close close:
                _wires[close.Link].CloseByClient(core, close.Code, close.Cause);
                break;
            case Effect.FetchToken fetch:
                Ask(CredentialsReason.Refresh, token => Do(core, each => each.TokenFetched(fetch.Link, token, CoreNow)));
                break;
            case Effect.Settle settle:
                // The first counts, as in a receipt: a refusal, then that its turn is done.
                if (!_outcomes.TryAdd(settle.Receipt.Id, settle.Refusal?.Cause ?? $"{settle.Outcome}") && settle.Refusal is not null)
                {
                    Violation($"{settle.Receipt.Id} was refused after it was settled");
                }

                break;
            case Effect.Finish finish when finish.Ending.Cause is not ("bye" or "client_closed"):
                Violation($"it ended for good: {finish.Ending.Cause}, {finish.Ending.Text}");
                break;
            default:
                break;
        }
    }

    /// <summary>The application keeps its token until it has expired by the clock on its wall. Sometimes it has none, or does not answer.</summary>
    private void Ask(CredentialsReason reason, Action<string?> answer)
    {
        if (!UsesTokens)
        {
            answer(null);
            return;
        }

        _asks.Add(Now);
        if (!IsCalm && Random.Next(15) == 0)
        {
            if (Random.Next(2) == 0)
            {
                After(10, () => answer(null));
            }

            return;
        }

        var wall = ModelServer.Epoch + (long)(Now + _skew).TotalMilliseconds;
        if (_token is null || wall >= long.Parse(_token, CultureInfo.InvariantCulture) || (_looksAtReason && reason == CredentialsReason.Expired))
        {
            _token = (ModelServer.Epoch + (long)Now.TotalMilliseconds + _lifetime).ToString(CultureInfo.InvariantCulture);
        }

        var given = _token;
        After(Random.Next(100), () => answer(given));
    }

    /// <summary>The application handles one message at a time, and takes its time.</summary>
    private void Give()
    {
        if (_inHand || _core.NextMessage is not { } message)
        {
            return;
        }

        _inHand = true;
        var core = _core;
        After(Random.Next(Random.Next(20) == 0 ? 2000 : 60), () =>
        {
            if (core != _core || core.NextMessage != message)
            {
                return;
            }

            _inHand = false;
            if (message.Kind == MessageKind.Lost)
            {
                _losses.Add(message.Lost);
            }

            if (message.Sequence > 0 && _epochs.TryGetValue(message.Epoch, out var session))
            {
                (_handled.TryGetValue(session, out var given) ? given : _handled[session] = []).Add(message);
            }

            Do(each => each.Handle(CoreNow));
        });
    }
}
