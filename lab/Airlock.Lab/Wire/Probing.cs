using System.Collections.Concurrent;
using Airlock.Core;

namespace Airlock.Lab.Wire;

/// <summary>Walks the golden path of a server that runs, many times with bounded concurrency, and adds up what happened.</summary>
/// <param name="options">What to do.</param>
/// <param name="walked">Told after each walk how many were made; null for nobody.</param>
internal sealed class Probing(ProbeOptions options, Action<int>? walked = null)
{
    /// <summary>What a user of the chat asks.</summary>
    public const string MessageOfDefault = """{"type":"ask","text":"Analyze my AI costs"}""";

    private const int BareMax = 50;

    /// <summary>Runs it.</summary>
    /// <param name="stopped">Ends it; what was walked is reported.</param>
    public async Task<ProbeReport> RunAsync(CancellationToken stopped)
    {
        var (startedAt, start) = (DateTimeOffset.UtcNow, TimeProvider.System.GetTimestamp());
        using var source = new CredentialSource(options);
        var isForeign = await ScoutAsync(source, stopped);
        var walks = new ConcurrentBag<ProbeWalk>();
        // What a stranger says once it says every time.
        await WalkAsync(isForeign ? 1 : options.Count, ProbePhase.Closed, walks, source, stopped);
        var bare = new ConcurrentBag<ProbeWalk>();
        var carriers = new Dictionary<string, string>();
        // A server that nobody gets into has nothing to compare.
        if (isForeign || walks.Any(static walk => walk.IsUpgraded))
        {
            await WalkAsync(Math.Min(options.Count, BareMax), ProbePhase.Upgrade, bare, source, stopped);
            carriers = isForeign ? [] : await TryCarriersAsync(source, stopped);
        }

        var good = walks.Where(static walk => walk.Failure is null).ToList();
        var coordination = Quantiles.Of(good.Select(static walk => Sum(walk, ProbePhase.Open, ProbePhase.Ready)));
        var bareAccept = Quantiles.Of(bare.Where(static walk => walk.Failure is null).Select(static walk => Sum(walk, ProbePhase.Connect, ProbePhase.Upgrade)));
        var answer = Quantiles.Of(good.Select(static walk => walk.Times[ProbePhase.FirstEvent]));
        var first = Quantiles.Of(good.Select(static walk => Sum(walk, ProbePhase.Connect, ProbePhase.FirstEvent)));
        List<ProbeFailure> failures = [.. walks.Where(static walk => walk.Failure is not null).GroupBy(static walk => (walk.Phase, walk.Failure)).OrderBy(static g => g.Key.Phase).ThenByDescending(static g => g.Count()).Select(static g => new ProbeFailure(NameOf(g.Key.Phase), g.Key.Failure!, g.Count()))];
        double? overhead = first.Count > 0 && bareAccept.Count > 0 ? 100 * ((first.Median / (bareAccept.Median + answer.Median)) - 1) : null;
        return new ProbeReport
        {
            Url = options.Url.ToString(),
            StartedAt = startedAt,
            DurationSeconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds,
            Count = walks.Count,
            Succeeded = good.Count,
            SuccessRate = walks.IsEmpty ? 0 : 100.0 * good.Count / walks.Count,
            Phases = Enum.GetValues<ProbePhase>().Select(phase => (phase, Times: Quantiles.Of(walks.Where(walk => walk.Times.ContainsKey(phase)).Select(walk => walk.Times[phase])))).Where(static p => p.Times.Count > 0).ToDictionary(static p => NameOf(p.phase), static p => p.Times),
            Failures = failures,
            Advice = [.. failures.Select(failure => ProbeAdvice.For(failure, options.Url, isForeign)).OfType<string>().Distinct()],
            Limits = good.Count == 0 ? [] : options.Budgets.Judge(coordination.Median, overhead, 100.0 * good.Count / walks.Count, walks.Count(static walk => walk.End?.StartsWith("1011", StringComparison.Ordinal) == true)),
            Ends = walks.Where(static walk => walk.End is not null).GroupBy(static walk => walk.End!).OrderByDescending(static g => g.Count()).ToDictionary(static g => g.Key, static g => g.Count()),
            Carriers = carriers,
            BareAccept = bareAccept,
            Coordination = coordination,
            ToFirstEvent = first,
            OverheadPercent = overhead,
        };
    }

    /// <summary>A phase as reports name it: <c>first-event</c>.</summary>
    public static string NameOf(ProbePhase phase) => phase == ProbePhase.FirstEvent ? "first-event" : phase.ToString().ToLowerInvariant();

    private static double Sum(ProbeWalk walk, ProbePhase from, ProbePhase to) => walk.Times.Where(time => time.Key >= from && time.Key <= to).Sum(static time => time.Value);

    /// <summary>Dials once with nothing to show, to find out whom it has to do with.</summary>
    /// <returns>Whether it is a server that takes WebSockets and speaks something else.</returns>
    private async Task<bool> ScoutAsync(CredentialSource source, CancellationToken stopped)
    {
        try
        {
            using var scout = new ProbeWalk(options);
            await scout.RunAsync(static _ => Task.FromResult(ProbeCredentials.None), ProbePhase.Upgrade, stopped);
            if (scout.SpeaksAirlock)
            {
                await source.LookForSignInAsync(stopped);
            }

            return scout is { IsUpgraded: true, SpeaksAirlock: false };
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && stopped.IsCancellationRequested))
        {
            // The walks will tell.
            return false;
        }
    }

    private async Task WalkAsync(int count, ProbePhase last, ConcurrentBag<ProbeWalk> walks, CredentialSource source, CancellationToken stopped)
    {
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = options.Concurrency, CancellationToken = stopped }, async (number, cancel) =>
            {
                using var walk = new ProbeWalk(options);
                await walk.RunAsync(cancelled => last < ProbePhase.Open ? Task.FromResult(ProbeCredentials.None) : source.FetchAsync(number, cancelled), last, cancel);
                walks.Add(walk);
                if (last == ProbePhase.Closed)
                {
                    walked?.Invoke(walks.Count);
                }
            });
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // What was walked is reported.
        }
    }

    private async Task<Dictionary<string, string>> TryCarriersAsync(CredentialSource source, CancellationToken stopped)
    {
        var results = new Dictionary<string, string>();
        try
        {
            if (await source.TokenAsync(0, stopped) is not { } token)
            {
                return new Dictionary<string, string> { ["all"] = "not tried: there is no token (--token)" };
            }

            results["authorization"] = await TryAsync("authorization", new ProbeCredentials { Headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" } }, stopped);
            results["subprotocol"] = await TryAsync("subprotocol", new ProbeCredentials { SubProtocols = [Protocol.TokenPrefix + token] }, stopped);
            var http = new UriBuilder(options.Url) { Scheme = options.Url.Scheme == "wss" ? "https" : "http", Port = options.Url.IsDefaultPort ? -1 : options.Url.Port };
            var ticketUrl = options.TicketUrl ?? new UriBuilder(http.Uri) { Path = $"{http.Path.TrimEnd('/')}/ticket", Query = "" }.Uri;
            results["ticket"] = await TryAsync("ticket", new ProbeCredentials { TicketInQuery = await source.TicketAsync(ticketUrl, token, stopped) }, stopped);
        }
        catch (Exception e) when (e is WireException or HttpRequestException)
        {
            results["ticket"] = $"not tried: {e.Message}";
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // What was tried is reported.
        }

        return results;
    }

    private async Task<string> TryAsync(string carrier, ProbeCredentials credentials, CancellationToken stopped)
    {
        using var walk = new ProbeWalk(options);
        await walk.RunAsync(_ => Task.FromResult(credentials), ProbePhase.Open, stopped);
        return walk.Failure ?? (walk.Carriers.Contains(carrier) ? "arrived" : "stripped on the way");
    }
}
