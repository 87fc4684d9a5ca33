extern alias shipped;

using System.Net.WebSockets;
using Airlock.Core;
using shipped::Airlock.Client;

namespace Airlock.Lab.Tests.Contests;

/// <summary>Callers that meet at the .NET client's driver, whose peer is the test.</summary>
internal static class ClientContests
{
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("client-sends", "What two callers send goes out at once.", SendsAsync),
        new("client-tells-in-order", "What the client tells of a connection is told in its order.", TellsInOrderAsync, PausesAtExits: true),
    ];

    private static async Task SendsAsync(Callers callers)
    {
        var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(() => line.Client.Send("1", "m1"), () => line.Client.Send("2", "m2"));
        await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
        var written = string.Concat(line.Socket.Sent);
        callers.Must(written.Contains("\"m1\"") && written.Contains("\"m2\""), "Both are written.");
        await line.Client.DisposeAsync();
    }

    private static async Task TellsInOrderAsync(Callers callers)
    {
        var line = await Line.OpenAsync(callers);
        await callers.MeetAsync(
            async () => await line.Client.DisposeAsync(),
            () =>
            {
                line.Socket.Arrive("""{"t":"gate","name":"g","required":true,"state":"failed","elapsed":1}""");
                return Task.CompletedTask;
            });
        await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
        var states = line.Told.Select(static change => change.State).ToList();
        callers.Must(states.Zip(states.Skip(1)).All(static two => two.First <= two.Second), $"A connection that closes is not ready afterwards: {string.Join(", ", states)}.");
    }

    private sealed class Line
    {
        private Line(Callers callers)
        {
            Client = new AirlockClient(new Uri("ws://server.test/e"), new AirlockClientOptions
            {
                TimeProvider = callers.Time,
                Spawner = new shipped::Airlock.Client.Spawner(TaskScheduler.FromCurrentSynchronizationContext()),
                NewId = static () => "id",
                Jitter = static () => 0.5,
                WebSocketFactory = (_, _) => Task.FromResult<WebSocket>(Socket),
            });
            Client.StateChanged += Told.Add;
        }

        public AirlockClient Client { get; }

        public MessageSocket Socket { get; } = new();

        public List<ConnectionChange> Told { get; } = [];

        public static async Task<Line> OpenAsync(Callers callers)
        {
            var line = new Line(callers);
            line.Client.Start();
            line.Socket.Arrive("""{"t":"open","v":1,"connection":"c1","now":1,"deadlines":{"hello":10000,"authentication":10000,"gate":10000,"attach":10000},"hold":{"messages":64,"bytes":65536},"limits":{"message":1048576,"frames":256},"carriers":[]}""");
            await Task.Delay(TimeSpan.FromMilliseconds(100), callers.Time);
            line.Socket.Arrive("""{"t":"authed","user":"alice","hold":{"messages":64,"bytes":65536}}""");
            line.Socket.Arrive("""{"t":"ready","session":"s1","generation":1,"attempt":1,"resume":"new","window":64,"idle":15000,"received":0,"done":0,"replayTo":0}""");
            await Task.Delay(TimeSpan.FromMilliseconds(100), callers.Time);
            callers.Must(line.Client.State == ConnectionState.ProcessingReady, $"The client is ready; it is {line.Client.State}");
            return line;
        }
    }
}
