using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock.Samples;

/// <summary>Sessions in memory, under one lock for everything: the smallest home that a <see cref="SmallDriver"/> can have.</summary>
/// <param name="time">The clock.</param>
/// <param name="handle">Answers a message. Called under the lock, so it must not wait.</param>
public sealed class SmallServer(TimeProvider time, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> handle)
{
    private int _number;

    /// <summary>Guards every connection and every session.</summary>
    public Lock Lock { get; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>The sessions by id. A real store lets those end whose client does not come back.</summary>
    public Dictionary<string, SessionCore> Sessions { get; } = [];

    /// <summary>The connections by id.</summary>
    public Dictionary<string, SmallDriver> Connections { get; } = [];

    /// <summary>Serves one WebSocket until it has ended.</summary>
    public async Task RunAsync(WebSocket socket)
    {
        var driver = new SmallDriver(this, socket, $"c{Interlocked.Increment(ref _number)}");
        lock (Lock)
        {
            Connections.Add(driver.Id, driver);
        }

        await driver.RunAsync();
    }

    /// <summary>Handles what is stored of a session, as far as there is room for answers.</summary>
    public void Work(SessionCore session)
    {
        while (session.Inbox.Next is { } message && !session.Outbox.IsFull)
        {
            var number = session.BeginTry();
            session.Commit(message.Sequence, number, message.StopAsked ? [] : [handle(message.Payload)], stopped: message.StopAsked);
        }

        if (session.Connection is { } connection && Connections.TryGetValue(connection, out var attached))
        {
            attached.Wake();
        }
    }
}
