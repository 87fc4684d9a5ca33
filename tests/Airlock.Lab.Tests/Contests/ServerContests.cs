namespace Airlock.Lab.Tests.Contests;

/// <summary>Callers that meet at what the connections of a process share.</summary>
internal static class ServerContests
{
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("counted-connections", "No more connections come in than may, and all that leave are counted.", CountedConnectionsAsync),
        new("gates-open", "Who waits for the required gates goes on once they are open, and no report is lost.", GatesOpenAsync),
        new("places-for-turns", "No more turns are under way than may be, and nobody waits while a place is free.", PlacesForTurnsAsync),
        new("place-given-up", "Who gives the wait for a place up keeps none.", PlaceGivenUpAsync),
        new("alarm-set-anew", "An alarm that is set rings, though another instant of it comes just then.", AlarmSetAnewAsync),
        new("alarm-retired", "An alarm that is retired never rings, and its place is given back.", AlarmRetiredAsync),
        new("earlier-drain", "Of two drains the earlier end counts.", EarlierDrainAsync),
    ];

    private static async Task CountedConnectionsAsync(Callers callers)
    {
        var limit = new ConnectionLimit(2);
        limit.TryEnter("alice");
        var inside = 1;
        await callers.MeetAsync(() => ComeAndGo(1), () => ComeAndGo(1), () =>
        {
            inside--;
            limit.Leave("alice");
        });
        callers.Must(limit.Count == 0, "Nobody is inside, and nobody is counted.");

        void ComeAndGo(int connections)
        {
            if (limit.TryEnter("alice"))
            {
                inside += connections;
                callers.Must(inside <= 2, "No more are inside than may be.");
                // Another lock on the way: whoever comes next finds this one inside.
                limit.TryEnter("bob");
                inside -= connections;
                limit.Leave("alice");
                limit.Leave("bob");
            }
        }
    }

    private static async Task GatesOpenAsync(Callers callers)
    {
        var board = new GateBoard();
        board.Declare("a", required: true);
        board.Declare("b", required: true);
        await callers.MeetAsync(
            () => board.RequiredOpenAsync(CancellationToken.None),
            () => Report("a"),
            () => Report("b"));
        board.CheckInvariants();
        callers.Must(board.Status.RequiredOpen, "Both are open.");

        Task Report(string gate)
        {
            board.Report(gate, GateState.Open);
            return Task.CompletedTask;
        }
    }

    private static async Task PlacesForTurnsAsync(Callers callers)
    {
        var places = new TurnPlaces(1);
        var inside = 0;
        await callers.MeetAsync(HandleAsync, HandleAsync, HandleAsync);
        callers.Must(places is { Taken: 0, Waiting: 0 }, "No place is taken, and nobody waits.");

        async Task HandleAsync()
        {
            if (!places.TryEnter())
            {
                await places.EnterAsync(null!, CancellationToken.None);
            }

            callers.Must(++inside == 1, "One is inside.");
            await Task.Yield();
            inside--;
            places.Leave();
        }
    }

    private static async Task PlaceGivenUpAsync(Callers callers)
    {
        var places = new TurnPlaces(1);
        places.TryEnter();
        using var stop = new CancellationTokenSource();
        await callers.MeetAsync(
            () =>
            {
                places.Leave();
                return Task.CompletedTask;
            },
            async () =>
            {
                try
                {
                    await places.EnterAsync(null!, stop.Token);
                    places.Leave();
                }
                catch (OperationCanceledException)
                {
                    // Given up.
                }
            },
            () =>
            {
                stop.Cancel();
                return Task.CompletedTask;
            });
        callers.Must(places is { Taken: 0, Waiting: 0 }, "No place is taken, and nobody waits.");
    }

    private static async Task AlarmSetAnewAsync(Callers callers)
    {
        var clock = new Clock(callers.Time);
        using var queue = new DeadlineQueue(clock);
        var rung = 0;
        var alarm = queue.NewAlarm(() => rung++);
        var second = TimeSpan.FromSeconds(1);
        alarm.Set(clock.Now + second.Ticks);
        alarm.Clear();
        await callers.MeetAsync(async () =>
        {
            // At the very instant at which its old place comes up.
            await Task.Delay(second, callers.Time);
            alarm.Set(clock.Now + second.Ticks);
        });
        queue.CheckInvariants();
        await Task.Delay(second * 3, callers.Time);
        callers.Must(rung == 1, "It rings, once.");
    }

    private static async Task AlarmRetiredAsync(Callers callers)
    {
        var clock = new Clock(callers.Time);
        using var queue = new DeadlineQueue(clock);
        var rung = 0;
        var alarm = queue.NewAlarm(() => rung++);
        await callers.MeetAsync(
            () => alarm.Set(clock.Now + TimeSpan.TicksPerSecond),
            alarm.Retire,
            alarm.Retire);
        queue.CheckInvariants();
        await Task.Delay(TimeSpan.FromSeconds(3), callers.Time);
        queue.CheckInvariants();
        callers.Must(rung == 0 && queue.Count == 0, "It does not ring, and has no place.");
    }

    private static async Task EarlierDrainAsync(Callers callers)
    {
        using var server = new AirlockServer(callers.Time, new SessionContests.Ids());
        await callers.MeetAsync(
            () => server.DrainAsync(TimeSpan.FromHours(1), TimeSpan.FromSeconds(2)),
            () => server.DrainAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        callers.Must(server.Scope.Drain.RetryAfter == TimeSpan.FromSeconds(1), "The earlier one counts.");
    }
}
