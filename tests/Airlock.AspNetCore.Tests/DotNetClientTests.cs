using System.Text;
using Airlock.Client;
using Airlock.Client.Tests.Reference;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;

namespace Airlock.AspNetCore.Tests;

/// <summary>The .NET client against the real server.</summary>
public class DotNetClientTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _patience = Patience.Max;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CredentialCarrier.Hello)]
    [InlineData(CredentialCarrier.SubProtocol)]
    [InlineData(CredentialCarrier.AuthorizationHeader)]
    public async Task Token_is_accepted_from_each_carrier(CredentialCarrier carrier)
    {
        await using var app = await TestApp.StartAsync(static app => app.MapAirlock("/chat", TestApp.Echo).RequireAuthorization(), Tokens.AddBearer);
        await using var client = new AirlockClient(app.Socket(), new AirlockClientOptions { Token = static _ => ValueTask.FromResult<string?>(Tokens.For("ann")), CredentialsIn = carrier });
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        Assert.Equal(MessageOutcome.Finished, await client.Send("hello").Done.WaitAsync(_patience, Cancellation));
        await client.LeaveAsync(Cancellation).WaitAsync(_patience, Cancellation);
    }

    [Fact]
    public async Task Expired_token_stops_the_client_by_its_name()
    {
        await using var app = await TestApp.StartAsync(static app => app.MapAirlock("/chat", TestApp.Echo).RequireAuthorization(), Tokens.AddBearer);
        await using var client = new AirlockClient(app.Socket(), new AirlockClientOptions { Token = static _ => ValueTask.FromResult<string?>(Tokens.For("ann", TimeSpan.FromHours(-1))) });
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(_patience, Cancellation));
        Assert.Same(CloseReason.TokenExpired, closed.Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task Token_that_is_kept_until_it_expires_ends_in_ready_whatever_the_clock_says(int secondsAhead)
    {
        await using var app = await TestApp.StartAsync(static app => app.MapAirlock("/chat", TestApp.Echo).RequireAuthorization(), Tokens.AddBearer);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LiveThroughAnExpiryAsync()));

        async Task LiveThroughAnExpiryAsync()
        {
            // Long enough for a machine that takes seconds to validate it.
            var lifetime = TimeSpan.FromSeconds(10);
            var (kept, expires) = ((string?)null, DateTimeOffset.MinValue);
            var resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var client = new AirlockClient(app.Socket(), new AirlockClientOptions
            {
                // Looks at no reason.
                Token = _ =>
                {
                    if (DateTimeOffset.UtcNow.AddSeconds(secondsAhead) >= expires)
                    {
                        (kept, expires) = (Tokens.For("ann", lifetime), DateTimeOffset.UtcNow + lifetime);
                    }

                    return new ValueTask<string?>(kept);
                },
            });
            client.StateChanged += change =>
            {
                if (change.Resumed == true)
                {
                    resumed.TrySetResult();
                }
            };
            client.Start();
            var stopAt = DateTimeOffset.UtcNow + (2 * lifetime);
            // With a clock that is ahead the token is renewed in time, and nothing has to be resumed.
            while (!resumed.Task.IsCompleted && DateTimeOffset.UtcNow < stopAt)
            {
                Assert.Equal(MessageOutcome.Finished, await client.Send("here").Done.WaitAsync(_patience, Cancellation));
                await Task.Delay(50, Cancellation);
            }

            Assert.Equal(MessageOutcome.Finished, await client.Send("still here").Done.WaitAsync(_patience, Cancellation));
        }
    }

    [Fact]
    public async Task An_anonymous_client_goes_on_in_another_process_without_its_cookie()
    {
        var (started, finish) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var handled = 0;
        await using var app = await TestApp.StartAsync(app => app.MapAirlock("/chat", async (Turn turn) =>
        {
            Interlocked.Increment(ref handled);
            started.TrySetResult();
            await finish.Task;
            await turn.SendRawAsync(turn.Message);
        }).AllowAnonymous());
        AirlockClientState state;
        await using (var first = new AirlockClient(app.Socket()))
        {
            first.Start();
            await first.Ready.WaitAsync(_patience, Cancellation);
            first.Send("one");
            await started.Task.WaitAsync(_patience, Cancellation);
            state = first.Export();
        }

        Assert.NotNull(state.Proof);
        await using var next = new AirlockClient(app.Socket(), new AirlockClientOptions { State = state });
        next.Start();
        await next.Ready.WaitAsync(_patience, Cancellation);
        Assert.Equal((state.User, state.Session), (next.Export().User, next.Export().Session));
        finish.SetResult();
        Assert.Equal(MessageOutcome.Finished, await next.Restored.Single().Done.WaitAsync(_patience, Cancellation));
        Assert.Equal(1, handled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cut_connections_lose_double_and_reorder_nothing(bool anonymous)
    {
        // Each within five seconds of ready, so each delay is twice the one before; sixty cuts are for the client's own tests, on time of their own.
        const int cuts = 6;
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var handled = new List<string>();
        var options = new AirlockClientOptions { Token = anonymous ? null : static _ => ValueTask.FromResult<string?>(Tokens.For("ann")) };
        await using var app = await TestApp.StartAsync(
            app =>
            {
                var endpoint = app.MapAirlock("/chat", async (Turn turn) =>
                {
                    await turn.StreamRawAsync(turn.Message);
                    await turn.SendRawAsync(turn.Message);
                    handled.Add(turn.MessageId);
                });
                _ = anonymous ? endpoint.AllowAnonymous() : endpoint.RequireAuthorization();
            },
            Tokens.AddBearer);
        await using var proxy = new FaultProxy(app.Socket(), static () => null);
        // A request that is never finished costs the server's own timeout; cut what is longer than that only, and stalls are for the client's own tests.
        proxy.Next = () => proxy.Faults >= cuts ? null : new ProxyFault((FaultKind)random.Next(3), random.Next(2) == 0, random.Next(600, 6000));
        await using var client = new AirlockClient(proxy.Address, options);
        var received = new List<ServerMessage>();
        var reading = ReadAsync();
        client.Start();
        var receipts = new List<Receipt>();
        while (proxy.Faults < cuts)
        {
            receipts.Add(client.Send(receipts.Count));
            if (receipts.Count > 20)
            {
                await receipts[^20].Done.WaitAsync(_patience, Cancellation);
            }
        }

        await Task.WhenAll(receipts.Select(static receipt => receipt.Done)).WaitAsync(_patience, Cancellation);
        await client.LeaveAsync(Cancellation).WaitAsync(_patience, Cancellation);
        await reading.WaitAsync(_patience, Cancellation);
        output.WriteLine($"{receipts.Count} messages over {proxy.Connections} connections");
        Assert.Equal(receipts.Select(static receipt => receipt.Id), handled);
        Assert.Equal(Enumerable.Range(1, 3 * receipts.Count), received.Select(static message => (int)message.Sequence));
        Assert.Equal(
            Enumerable.Range(0, receipts.Count).SelectMany(i => new[] { $"{i}", $"{i}" }),
            received.Where(static message => message.Kind == MessageKind.Data).Select(static message => Encoding.UTF8.GetString(message.Payload.Span)));
        Assert.Equal(receipts.SelectMany(static receipt => Enumerable.Repeat(receipt.Id, 3)), received.Select(static message => message.Re));

        async Task ReadAsync()
        {
            await foreach (var message in client.MessagesAsync(Cancellation))
            {
                received.Add(message);
            }
        }
    }
}
