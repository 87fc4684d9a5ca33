using static Airlock.Core.LifecycleEvent;

namespace Airlock.Core.Tests;

/// <summary>A lifecycle and the clock it is fed with. Each method is one step that must be applied, unless it says otherwise.</summary>
public sealed class Walk
{
    public static readonly LifecycleTimeouts Timeouts = new()
    {
        Hello = Ticks(100),
        Authentication = Ticks(200),
        Gate = Ticks(300),
        Attach = Ticks(400),
        Idle = Ticks(500),
        Pong = Ticks(60),
        Message = Ticks(900),
        Write = Ticks(70),
        Close = Ticks(80),
    };

    public static readonly GateStatus Open = new(0, 0);
    public static readonly GateStatus RequiredDown = new(1, 0);
    public static readonly GateStatus OptionalDown = new(0, 1);

    public ConnectionLifecycle Life { get; } = new(Timeouts);

    public long Now { get; set; } = 1000;

    public static TimeSpan Ticks(long ticks) => new(ticks);

    public static Walk To(ConnectionState state, bool resume = false, long? expires = null)
    {
        var walk = new Walk();
        walk.GoTo(state, resume, expires);
        Assert.Equal(state, walk.Life.State);
        return walk;
    }

    public Transition Apply(LifecycleEvent e) => Life.Apply(e, Now);

    /// <summary>Applies an event that must be applied; the kinds of its effects.</summary>
    public EffectKind[] Do(LifecycleEvent e)
    {
        var transition = Apply(e);
        Assert.Null(transition.Refused);
        return Kinds(transition);
    }

    /// <summary>Applies an event that must be refused and change nothing.</summary>
    public void Refused(Refusal why, LifecycleEvent e)
    {
        var before = Life.Snapshot;
        var transition = Apply(e);
        Assert.Equal(why, transition.Refused);
        Assert.Equal(0, transition.Effects.Count);
        Assert.Equal(before, Life.Snapshot);
    }

    /// <summary>Moves the clock to a deadline and lets it fire.</summary>
    public EffectKind[] Elapse(DeadlineKind kind, PeerSigns? signs = null)
    {
        Now = Assert.NotNull(Life.Snapshot.Deadlines.Due(kind));
        return Do(DeadlineElapsed(kind, Now, signs));
    }

    public long? Due(DeadlineKind kind) => Life.Snapshot.Deadlines.Due(kind);

    public static EffectKind[] Kinds(Transition transition) => [.. Enumerable.Range(0, transition.Effects.Count).Select(i => transition.Effects[i].Kind)];

    private void GoTo(ConnectionState state, bool resume, long? expires)
    {
        if (state == ConnectionState.Connecting)
        {
            return;
        }

        Do(UpgradeAccepted());
        if (state == ConnectionState.Accepted)
        {
            return;
        }

        Do(HelloReceived(resume));
        Do(AuthenticationSucceeded(1, expires));
        if (state == ConnectionState.Authenticated)
        {
            return;
        }

        Do(GatesChanged(Open));
        if (state == ConnectionState.ServicesReady)
        {
            return;
        }

        Do(AttachSucceeded(2));
        switch (state)
        {
            case ConnectionState.ProcessingReady:
                break;
            case ConnectionState.Degraded:
                Do(GatesChanged(OptionalDown));
                break;
            case ConnectionState.Draining:
                Do(DrainRequested(Now + 1000, Ticks(5)));
                break;
            case ConnectionState.Failed:
                Do(TransportLost());
                break;
            default:
                Do(CloseRequested(CloseReason.Disconnected));
                if (state == ConnectionState.Closed)
                {
                    Do(CloseSent());
                    Do(CloseReceived(CloseReason.ClientClosed));
                }

                break;
        }
    }
}
