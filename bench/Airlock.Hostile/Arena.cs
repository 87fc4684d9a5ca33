using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Airlock.Core;
using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile;

/// <summary>Where an attack takes place: the server, what is found, and how large it is to be.</summary>
internal sealed class Arena(HostProcess host, Report report, Progress progress, bool isShort, int seed, CancellationToken stop)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);
    private static readonly HashSet<string> _causes = [.. CloseReason.All.Select(static reason => reason.Cause)];

    public HostProcess Host => host;

    public Report Report => report;

    public bool IsShort => isShort;

    public int Seed => seed;

    public CancellationToken Stop => stop;

    /// <summary>One of two sizes.</summary>
    public T Size<T>(T whenLong, T whenShort) => isShort ? whenShort : whenLong;

    public void Step(string what, long done, long of) => progress.Step(what, done, of);

    /// <summary>Does something so many times, so many at once.</summary>
    public async Task ManyAsync(string what, int count, int atOnce, Func<int, Task> work)
    {
        var done = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stop }, async (i, _) =>
        {
            await work(i);
            Step(what, Interlocked.Increment(ref done), count);
        });
    }

    /// <summary>Clients that do everything right, until they are told to stop: what they feel of an attack.</summary>
    /// <param name="count">How many.</param>
    /// <param name="pause">How long each waits between two messages.</param>
    public async Task<HonestClients> HonestAsync(int count, TimeSpan pause)
    {
        var peers = new Peer[count];
        await ManyAsync("honest clients", count, 16, async i => peers[i] = await Peer.ReadyAsync(host.EndPoint, host.Tokens.For($"honest{i}"), source: 90, stop: stop));
        return new HonestClients(peers, pause, stop);
    }

    /// <summary>Waits until nothing of what was attacked with is left, and counts then.</summary>
    /// <param name="sessionsToo">Whether sessions must have ended as well.</param>
    public async Task<Counters> AtRestAsync(bool sessionsToo, int connections = 0)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var counters = await host.CountAsync();
            if ((counters.Connections <= connections && counters.RequestsOpen <= connections && (!sessionsToo || counters.Sessions <= connections)) || Stopwatch.GetElapsedTime(since) > _patience)
            {
                return await host.CountAsync(collect: true);
            }

            Step($"waiting until {counters.Connections} connections and {counters.Sessions} sessions are gone", (long)Stopwatch.GetElapsedTime(since).TotalSeconds, (long)_patience.TotalSeconds);
            await Task.Delay(100, stop);
        }
    }

    /// <summary>What every attack must leave behind: nothing, and a cause for each connection.</summary>
    /// <param name="before">The server after it was warmed up.</param>
    /// <param name="after">The server at rest.</param>
    /// <param name="heapSlack">By how many bytes the heap may have grown: what is remembered on purpose.</param>
    public void ExpectRest(Counters before, Counters after, long heapSlack = 2 << 20)
    {
        report.ExpectEqual("connections left", after.Connections, before.Connections);
        report.ExpectEqual("gate handlers left", after.Handlers, before.Handlers);
        // An alarm that was retired keeps its places, a few each, until their time has come or until there are more than 1,024 such alarms.
        report.ExpectAtMost("deadlines left", after.Deadlines, Math.Max(before.Deadlines, 4096));
        report.ExpectAtMost("timers", after.Timers, before.Timers + 8);
        report.ExpectAtMost("handles", after.Handles, before.Handles + 16);
        report.Figure("handles before, after", Invariant($"{before.Handles}, {after.Handles}"));
        report.Figure("threads before, after", Invariant($"{before.Threads}, {after.Threads}"));
        report.Figure("heap before, after (of it pinned: Kestrel's pool)", Invariant($"{before.Heap / 1024.0:N0} KiB ({before.Pinned / 1024.0:N0}), {after.Heap / 1024.0:N0} KiB ({after.Pinned / 1024.0:N0})"));
        report.ExpectAtMost("heap grown by", Math.Max(0, after.Heap - before.Heap) / 1024.0, heapSlack / 1024.0, "KiB");
        ExpectCauses(after);
    }

    /// <summary>Every connection has ended once, with a cause of the catalogue, none with 1011, and nothing was logged as an error.</summary>
    public void ExpectCauses(Counters after)
    {
        var unknown = after.Closes.Where(static close => !_causes.Contains(close.Key)).Sum(static close => close.Value);
        report.Figure("closes by cause", string.Join(", ", after.Closes.Select(static close => Invariant($"{close.Key} {close.Value:N0}"))));
        report.ExpectEqual("closes of unknown cause", unknown, 0);
        report.ExpectEqual("requests without an end", after.Requests - after.Closes.Values.Sum() - after.Connections, 0);
        report.ExpectEqual("closes with 1011", after.Closes1011, 0);
        report.Expect("errors logged", after.ErrorCount == 0, after.ErrorCount == 0 ? "0" : Invariant($"{after.ErrorCount}: {after.Errors[0].ReplaceLineEndings(" ")}"), "0");
    }

    /// <summary>What a hostile peer may meet: its connection ends.</summary>
    public static bool IsEnd(Exception e) => e is PeerEndedException or SocketException or IOException or ObjectDisposedException or TimeoutException;

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
