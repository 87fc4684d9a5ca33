using System.Net.WebSockets;
using Airlock.Core;
using Microsoft.Extensions.Logging;

namespace Airlock.Lab.Tests.Contests;

/// <summary>Callers that meet at one connection: at its mailbox, its writer, and at what it holds.</summary>
internal static class ConnectionContests
{
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("all-is-written", "What is queued is written.", AllIsWrittenAsync),
        new("one-writer", "One at a time writes to a socket.", OneWriterAsync),
        new("close-goes-last", "What was queued before the close goes out before it, and nothing after it.", CloseGoesLastAsync),
        new("one-at-the-mailbox", "The events of a connection are carried out one after another, and none is left.", OneAtTheMailboxAsync),
        new("effects-in-order", "What an event brings about is done before what the next one does.", EffectsInOrderAsync, Orders: 1000),
        new("early-is-stored", "What comes before ready is handled, once and in order.", EarlyIsStoredAsync),
        new("writer-ends", "A connection that is cut ends, whatever its writer is at.", WriterEndsAsync),
        new("close-is-told", "Who waits for the close to be with the transport goes on once it is.", CloseIsToldAsync, Orders: 2000),
    ];

    private static async Task AllIsWrittenAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(
            async () => await line.Session.PushAsync("1"u8.ToArray()),
            async () => await line.Session.PushAsync("2"u8.ToArray()),
            () =>
            {
                line.Server.Gates.Report("gate", GateState.Failed);
                return Task.CompletedTask;
            });
        await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
        callers.Must(line.Written is var written && written.Contains("\"s\":1,") && written.Contains("\"s\":2,") && written.Contains("\"failed\""), "Both messages and the gate are told.");
    }

    private static async Task OneWriterAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers, isSlow: true);
        await callers.MeetAsync(async () => await line.Session.PushAsync("1"u8.ToArray()), async () => await line.Session.PushAsync("2"u8.ToArray()), async () => await line.Session.PushAsync("3"u8.ToArray()));
        await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
        callers.Must(!line.Socket.HadTwoWriters, "There is one writer.");
        callers.Must(line.Written is var written && written.Contains("\"s\":1,") && written.Contains("\"s\":3,"), "All messages are told.");
    }

    private static async Task CloseGoesLastAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(
            async () => await line.Session.PushAsync("1"u8.ToArray()),
            () =>
            {
                line.Server.Gates.Report("gate", GateState.Failed);
                line.Connection.Post(LifecycleEvent.CloseRequested(CloseReason.SessionEnded));
                return Task.CompletedTask;
            });
        await line.Running;
        callers.Must(line.Written.IndexOf("\"failed\"", StringComparison.Ordinal) is >= 0 and var gate && gate < line.Written.IndexOf("\"closing\"", StringComparison.Ordinal), "The gate is told before the close.");
        callers.Must(line.Socket.Sent[^1].StartsWith("close ", StringComparison.Ordinal) && line.Socket.Sent.Count(static sent => sent.StartsWith("close ", StringComparison.Ordinal)) == 1, "The close is the last, and one.");
    }

    private static async Task OneAtTheMailboxAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(
            () => line.Server.Gates.Report("gate", GateState.Failed),
            () => line.Connection.Post(LifecycleEvent.DrainRequested(line.Server.Platform.Clock.Now + TimeSpan.TicksPerMinute, TimeSpan.FromSeconds(1))),
            () => line.Connection.Post(LifecycleEvent.CloseRequested(CloseReason.SessionEnded)));
        var began = callers.Time.Elapsed;
        await line.Running;
        callers.Must(callers.Time.Elapsed == began, "The connection ends at once.");
        callers.Must(line.Moves.Zip(line.Moves.Skip(1)).All(static two => two.First.To == two.Second.From), "Each event finds the connection as the one before has left it.");
    }

    private static async Task EffectsInOrderAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(
            () => line.Connection.Post(LifecycleEvent.CloseRequested(CloseReason.SessionEnded)),
            () => line.Connection.Post(LifecycleEvent.DrainRequested(line.Server.Platform.Clock.Now + TimeSpan.TicksPerMinute, TimeSpan.FromSeconds(1))));
        await line.Running;
        var isCalled = line.Moves.Exists(static move => move.To == nameof(ConnectionState.Draining));
        callers.Must(isCalled == line.Written.Contains("\"t\":\"drain\""), "Who was to be called away before the close is called.");
    }

    private static async Task EarlyIsStoredAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers, isReady: false);
        await callers.MeetAsync(
            () => line.Server.Gates.Report("gate", GateState.Open),
            () =>
            {
                line.Socket.Arrive("""{"t":"data","s":1,"id":"m1","b":1}""");
                line.Socket.Arrive("""{"t":"data","s":2,"id":"m2","b":2}""");
            });
        await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
        callers.Must(line.Handled is ["m1", "m2"], "Both are handled, once and in order.");
    }

    private static async Task WriterEndsAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers, isSlow: true);
        await callers.MeetAsync(async () => await line.Session.PushAsync("1"u8.ToArray()), () =>
        {
            line.Socket.Abort();
            return Task.CompletedTask;
        });
        await line.Running;
    }

    private static async Task CloseIsToldAsync(Callers callers)
    {
        using var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(line.Connection.ToldAsync, () =>
        {
            line.Connection.Post(LifecycleEvent.CloseRequested(CloseReason.SessionEnded));
            return Task.CompletedTask;
        });
        await line.Running;
    }

    /// <summary>A server with one connection, whose peer is the test.</summary>
    private sealed class Line : IDisposable, IUpgrade, ILogger
    {
        private Line(Callers callers, bool isSlow)
        {
            Socket = new MessageSocket { IsSlow = isSlow };
            Server = new AirlockServer(callers.Time, new SessionContests.Ids(), logger: this);
            Server.Gates.Declare("gate", required: true);
        }

        public AirlockServer Server { get; }

        public MessageSocket Socket { get; }

        public Connection Connection { get; private set; } = null!;

        public ISessionLog Session { get; private set; } = null!;

        public Task Running { get; private set; } = Task.CompletedTask;

        public List<string> Handled { get; } = [];

        public List<(string From, string To)> Moves { get; } = [];

        public string Written => string.Concat(Socket.Sent);

        /// <summary>Opens the connection; ready, or with the gate that it waits for.</summary>
        public static async Task<Line> OpenAsync(Callers callers, bool isReady = true, bool isSlow = false)
        {
            var line = new Line(callers, isSlow);
            if (isReady)
            {
                line.Server.Gates.Report("gate", GateState.Open);
            }

            var endpoint = line.Server.AddEndpoint("/e", new EndpointOptions(), static (_, _, _, _) => new(AuthenticationOutcome.Accept(new Principal("issuer", "alice"))), (turn, _) =>
            {
                line.Handled.Add(turn.MessageId);
                return Task.CompletedTask;
            });
            line.Running = endpoint.RunAsync(new ConnectionRequest { Upgrade = line });
            line.Connection = line.Server.Find(line.Server.Connections.Single())!;
            line.Socket.Arrive("""{"t":"hello","v":1,"client":"c/1","instance":"i"}""");
            await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
            if (isReady)
            {
                line.Session = (await line.Server.Store.FindAsync(SessionTarget.OfUser("issuer", "alice"), CancellationToken.None)).Single();
            }

            return line;
        }

        public ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken) => new(Socket);

        public ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter) => throw new InvalidOperationException($"It is refused: {reason.Cause}.");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "Transition" && state is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                Moves.Add(($"{Of("From")}", $"{Of("To")}"));
                object? Of(string name) => values.First(value => value.Key == name).Value;
            }
        }

        public void Dispose()
        {
            Socket.Abort();
            Server.Dispose();
        }
    }
}
