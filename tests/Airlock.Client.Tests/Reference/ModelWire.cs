using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>The way between one link and the server: in order, late, and until it breaks.</summary>
internal sealed class ModelWire
{
    private readonly ClientSchedule _schedule;
    private readonly ModelServer _server;
    private readonly Link _link;
    private readonly Action<Action<ClientCore>> _tell;
    private readonly Func<TimeSpan> _now;
    private TimeSpan _up;
    private TimeSpan _down;
    private bool _isOpen;
    private bool _isBroken;
    private bool _isClosed;

    public ModelWire(ClientSchedule schedule, ModelServer server, Link link, Action<Action<ClientCore>> tell, Func<TimeSpan> now)
    {
        (_schedule, _server, _link, _tell, _now) = (schedule, server, link, tell, now);
        Server = new ModelConnection($"c-{link.Number}-{schedule.Dials}", message => Down(() => Hear(message)), (code, cause) => Down(() => End(Ending.Of(code, cause))));
    }

    public ModelConnection Server { get; }

    public bool IsUp => _isOpen && !_isBroken && !_isClosed;

    public void Dial(string? token)
    {
        if (_link.IsOver || _link.Left)
        {
            return;
        }

        if (_schedule.UsesTokens && token is null)
        {
            End(Ending.NoCredentials(new IOException()));
            return;
        }

        _link.Offer = Offer.Of(token, null, CredentialCarrier.Hello);
        var luck = _schedule.IsCalm ? 99 : _schedule.Random.Next(100);
        if (luck < 10)
        {
            int[] statuses = [0, 429, 503, 502, 200];
            var status = statuses[_schedule.Random.Next(statuses.Length)];
            _schedule.After(20, () => End(status == 0 ? Ending.Lost(null) : new HttpAnswer(status).ToEnding(false, null)));
        }
        else if (luck > 12)
        {
            // Else nobody ever answers.
            _schedule.After(_schedule.Random.Next(100), () =>
            {
                if (!_isClosed)
                {
                    _isOpen = true;
                    _server.Accept(Server);
                }
            });
        }
    }

    /// <summary>Everything that the client has to write.</summary>
    public void Pump(ClientCore core)
    {
        using var writer = new FrameWriter();
        while (_isOpen && !_isClosed && core.Fill(_link, writer, _now()))
        {
            var message = writer.Finish().ToArray();
            Note("says", message);
            Up(() => _server.Receive(Server, message));
        }
    }

    public void CloseByClient(ClientCore core, int code, string cause)
    {
        Pump(core);
        if (_isOpen && !_isBroken)
        {
            Up(Server.Lost);
            Down(() => End(Ending.Of(code, cause)));
        }
        // Aborted, at once or after the closing handshake has had its time.
        _schedule.After(_isOpen ? 5000 : 0, () => End(Ending.Lost(null)));
        _schedule.After(20_000, Server.Lost);
    }

    /// <summary>What is on the way is gone. Both ends hear of it, or neither does until it misses the other.</summary>
    public void Break(bool silently)
    {
        _isBroken = true;
        if (!silently)
        {
            _schedule.After(_schedule.Random.Next(50), () => End(Ending.Lost(null)));
        }

        _schedule.After(silently ? 15_000 : _schedule.Random.Next(3000), Server.Lost);
    }

    private void Hear(byte[] message)
    {
        Note("hears", message);
        _tell(core => core.Received(_link, message, _now()));
    }

    private void Note(string what, byte[] message) => _schedule.Trace?.Invoke($"{_schedule.Now} {Server.Id} {what} {System.Text.Encoding.UTF8.GetString(message)}");

    private void End(Ending ending)
    {
        if (!_isClosed)
        {
            _schedule.Trace?.Invoke($"{_schedule.Now} {Server.Id} ends with {ending.Cause}");
            _isClosed = true;
            _tell(core => core.Ended(_link, ending, _now()));
            if (!_isBroken)
            {
                Server.Lost();
            }
        }
    }

    private void Up(Action arrive) => _up = Way(_up, arrive);

    private void Down(Action arrive) => _down = Way(_down, arrive);

    private TimeSpan Way(TimeSpan last, Action arrive)
    {
        if (_isBroken)
        {
            return last;
        }

        var at = _schedule.Now + TimeSpan.FromMilliseconds(_schedule.Random.Next(1, 80));
        at = at > last ? at : last;
        _schedule.At(at, () =>
        {
            if (!_isBroken)
            {
                arrive();
            }
        });
        return at;
    }
}
