using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Net.WebSockets;
using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests;

/// <summary>What connections rent from the process's pool of buffers goes back, whichever way they end. Alone, since the runtime tells of the whole process.</summary>
[Collection(nameof(PooledBuffersTests))]
[CollectionDefinition(nameof(PooledBuffersTests), DisableParallelization = true)]
public class PooledBuffersTests
{
    public static TheoryData<ConnectionState, string> Ends()
    {
        var rows = new TheoryData<ConnectionState, string>();
        foreach (var state in new[] { ConnectionState.Accepted, ConnectionState.Authenticated, ConnectionState.ServicesReady, ConnectionState.ProcessingReady, ConnectionState.Degraded, ConnectionState.Draining })
        {
            foreach (var end in new[] { "closes", "is cut", "is cut in a large message", "breaks the protocol", "is aborted", "is told to close and is cut" })
            {
                rows.Add(state, end);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_connection_gives_back_what_it_rented(ConnectionState state, string end)
    {
        using var rents = new Rents();
        using var stage = await Stage.AtAsync(state);
        var peer = stage.Peer;
        Assert.True(rents.Most > 0, "Nothing was rented: nothing is seen.");
        switch (end)
        {
            case "closes":
                await peer.CloseAsync();
                break;
            case "is cut":
                peer.Stream.Cut();
                break;
            case "is cut in a large message":
                // Larger than what is rented first.
                await peer.SendAsync(Encoding.UTF8.GetBytes(new string(' ', 100_000)), WebSocketMessageType.Text, endOfMessage: false);
                await TestServer.IsReadAsync(peer);
                peer.Stream.Cut();
                break;
            case "breaks the protocol":
                await peer.SendAsync("{");
                stage.Server.Time.Advance(stage.Server.Endpoint.Options.Timeouts.Close);
                break;
            case "is told to close and is cut":
                _ = stage.Server.Server.DrainAsync(TimeSpan.Zero, TimeSpan.Zero);
                await peer.Closed;
                peer.Stream.Cut();
                break;
            default:
                stage.Server.Server.Abort(peer.Id);
                break;
        }

        await UntilAsync(() =>
        {
            // Who does not answer a close is cut off.
            stage.Server.Time.Advance(TimeSpan.FromMilliseconds(100));
            return peer.Running.IsCompleted;
        });
        stage.CompleteLate();
        await UntilAsync(() => rents.Count == 0);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TestServer.Patience, "Something rented does not come back.");
            await Task.Delay(1);
        }
    }

    /// <summary>Counts what is rented and was not given back.</summary>
    private sealed class Rents : EventListener
    {
        private readonly ConcurrentDictionary<int, int> _rented = new();
        private int _most;

        public int Count => _rented.Count;

        /// <summary>How often something was rented.</summary>
        public int Most => Volatile.Read(ref _most);

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.Payload is not [int buffer, ..])
            {
                return;
            }

            if (eventData.EventName == "BufferRented")
            {
                Interlocked.Increment(ref _most);
                _rented[buffer] = 0;
            }
            else if (eventData.EventName == "BufferReturned")
            {
                _rented.TryRemove(buffer, out _);
            }
        }
    }
}
