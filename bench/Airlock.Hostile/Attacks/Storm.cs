using System.Collections.Concurrent;
using System.Diagnostics;
using Airlock.Client;
using Airlock.Core;
using Airlock.Hostile.Hosting;

namespace Airlock.Hostile.Attacks;

/// <summary>Everybody loses the connection at once and comes back, as after a proxy's restart.</summary>
internal sealed class Storm : Attack
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    public override string Name => "storm";

    public override string Summary => "5,000 clients are cut at once, then sent away with delays that the server gives: all must resume and nothing may be lost.";

    public override HostSettings Settings(bool isShort) => new() { IdleSeconds = 60 };

    public override async Task RunAsync(Arena arena)
    {
        var count = arena.Size(5_000, 150);
        var clients = new Guest[count];
        await arena.ManyAsync("clients", count, 64, async i =>
        {
            clients[i] = new Guest(arena, $"user{i}");
            await clients[i].JoinAsync();
        });

        // A cut is heard by nobody: who can, comes back at once.
        var pushes = await PushAsync(arena, 1, 3);
        await StormAsync(arena, "cut", clients, () => arena.Host.CutAsync());
        pushes = await PushAsync(arena, pushes, 3);

        // Sent away in an orderly manner, each with a delay of its own.
        var spread = TimeSpan.FromSeconds(arena.Size(10, 1));
        await StormAsync(arena, $"sent away over {spread.TotalSeconds:N0} s", clients, () => arena.Host.DisconnectAsync(spread));
        pushes = await PushAsync(arena, pushes, 3);

        var last = pushes - 1;
        await arena.ManyAsync("receipts and pushes", count, 64, i => clients[i].WaitForAsync(last));
        arena.Report.ExpectEqual("clients that have every push once and in order, and every receipt", clients.Count(static client => client.IsComplete), count);
        arena.Report.ExpectEqual("sessions that were not resumed", clients.Sum(static client => client.NotResumed), 0);
        await arena.ManyAsync("clients that leave", count, 64, async i => await clients[i].DisposeAsync());
        arena.ExpectCauses(await arena.AtRestAsync(sessionsToo: false));
    }

    private static async Task StormAsync(Arena arena, string name, Guest[] clients, Func<Task> begin)
    {
        var returns = clients.Select(static client => client.NextReadyAsync()).ToArray();
        var sends = clients.Select(static client => client.SayAsync()).ToArray();
        var since = Stopwatch.GetTimestamp();
        await begin();
        var ready = await Task.WhenAll(returns).WaitAsync(_patience, arena.Stop);
        var all = Stopwatch.GetElapsedTime(since);
        await Task.WhenAll(sends).WaitAsync(_patience, arena.Stop);
        var seconds = ready.Select(at => Stopwatch.GetElapsedTime(since, at).TotalSeconds).Order().ToArray();
        var perSecond = seconds.GroupBy(static second => (int)second).Max(static group => group.Count());
        arena.Report.Figure($"{name}: all {clients.Length:N0} ready again after", Arena.Invariant($"{all.TotalSeconds:N2} s"));
        arena.Report.Figure($"{name}: ready again p5, p50, p95", Arena.Invariant($"{seconds[seconds.Length / 20]:N2} s, {seconds[seconds.Length / 2]:N2} s, {seconds[seconds.Length * 19 / 20]:N2} s"));
        arena.Report.Figure($"{name}: most in one second", Arena.Invariant($"{perSecond:N0}"));
    }

    /// <returns>The number of the next push.</returns>
    private static async Task<int> PushAsync(Arena arena, int from, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await arena.Host.PushAsync(Arena.Invariant($"{from + i}"));
        }

        return from + count;
    }

    /// <summary>A client as an application uses it.</summary>
    private sealed class Guest : IAsyncDisposable
    {
        private readonly AirlockClient _client;
        private readonly ConcurrentQueue<Receipt> _receipts = new();
        private readonly Task _reading;
        private volatile TaskCompletionSource<long>? _next;
        private volatile int _pushes;
        private int _notResumed;
        private volatile bool _isBroken;

        public Guest(Arena arena, string user)
        {
            var token = arena.Host.Tokens.For(user);
            _client = new AirlockClient(new Uri($"ws://{arena.Host.EndPoint}/chat"), new AirlockClientOptions { Token = _ => new(token) });
            _client.StateChanged += OnChanged;
            _reading = ReadAsync();
        }

        public bool IsComplete { get; private set; }

        public int NotResumed => _notResumed;

        public async Task JoinAsync()
        {
            _client.Start();
            await _client.Send(new Wish("join")).Done.WaitAsync(_patience);
            _next = null;
        }

        /// <summary>When it is ready the next time, as a timestamp.</summary>
        public Task<long> NextReadyAsync() => (_next = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public Task<MessageOutcome> SayAsync()
        {
            var receipt = _client.Send("still here");
            _receipts.Enqueue(receipt);
            return receipt.Done;
        }

        /// <summary>Waits until it has every push, and judges.</summary>
        public async Task WaitForAsync(int last)
        {
            var since = Stopwatch.GetTimestamp();
            while (_pushes < last && Stopwatch.GetElapsedTime(since) < _patience)
            {
                await Task.Delay(20);
            }

            IsComplete = !_isBroken && _pushes == last && _receipts.All(static receipt => receipt.Done.IsCompletedSuccessfully);
        }

        public async ValueTask DisposeAsync()
        {
            await _client.DisposeAsync();
            await _reading;
        }

        private void OnChanged(ConnectionChange change)
        {
            if (change.State == ConnectionState.ProcessingReady && change.Resumed is { } resumed)
            {
                if (change.Number > 1 && !resumed)
                {
                    Interlocked.Increment(ref _notResumed);
                }

                _next?.TrySetResult(Stopwatch.GetTimestamp());
            }
        }

        private async Task ReadAsync()
        {
            await foreach (var message in _client.MessagesAsync())
            {
                if (message.Kind == MessageKind.Lost)
                {
                    _isBroken = true;
                }
                else if (message.Kind == MessageKind.Data && message.Re is null)
                {
                    _isBroken |= message.As<int>() != _pushes + 1;
                    _pushes++;
                }
            }
        }

        private sealed record Wish(string Do);
    }
}
