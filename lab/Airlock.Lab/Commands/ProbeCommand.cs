using System.CommandLine;
using System.Globalization;
using Airlock.Lab.Wire;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary><c>probe</c>: the golden path of a deployed server, measured.</summary>
internal static class ProbeCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console)
    {
        var url = new Argument<string>("url") { Description = "The server: ws://localhost:5080/chat, https://example.org/chat." };
        var count = new Option<int>("--count") { Description = "How many walks.", DefaultValueFactory = static _ => 200 };
        var concurrency = new Option<int>("--concurrency") { Description = "How many at a time.", DefaultValueFactory = static _ => 10 };
        var token = new Option<string?>("--token") { Description = "The token to show. Without it: the sign-in of the server's own page where there is one, else nothing." };
        var ticket = new Option<string?>("--ticket-url") { Description = "Where to fetch a ticket for each walk (POST, with the token if one is given)." };
        var message = new Option<string>("--message") { Description = "The JSON to send.", DefaultValueFactory = static _ => Probing.MessageOfDefault };
        var timeout = new Option<double>("--timeout") { Description = "How many seconds a phase may take.", DefaultValueFactory = static _ => 60 };
        var limits = new LimitOptions();
        var json = new Option<string?>("--json") { Description = "Write everything as JSON." };
        var command = new Command("probe", "Walks the golden path of a running server, from the dial to the answer, tells how long each phase takes and what fails, and judges it by limits: exit code 2 if one is missed.")
        {
            url,
            count.Checked(static value => value > 0, "--count is a number from 1."),
            concurrency.Checked(static value => value > 0, "--concurrency is a number from 1."),
            token, ticket,
            message.Checked(IsJson, "--message is one JSON value, such as '\"hello\"'."),
            timeout.Checked(static value => value is > 0 and < 86_400, "--timeout is a number of seconds above 0, at most a day."),
            json,
        };
        limits.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!ProbeOptions.TryParseUrl(parsed.GetValue(url)!, out var address, out var problem))
            {
                return console.Refuse(problem);
            }

            Uri? ticketUrl = null;
            if (parsed.GetValue(ticket) is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out ticketUrl) || ticketUrl.Scheme is not ("http" or "https")))
            {
                return console.Refuse($"'{text}' is no address for tickets. Write one such as https://example.org/chat/ticket.");
            }

            if (ReportFile.ProblemOf(parsed.GetValue(json)) is { } why)
            {
                return console.Refuse(why);
            }

            var options = new ProbeOptions
            {
                Url = address,
                Count = parsed.GetValue(count),
                Concurrency = parsed.GetValue(concurrency),
                Token = parsed.GetValue(token),
                TicketUrl = ticketUrl,
                Message = parsed.GetValue(message)!,
                PhaseTimeout = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                Budgets = limits.Of(parsed),
            };
            var progress = new Progress(console, "walks", options.Count);
            var report = await new Probing(options, done => progress.Report(done)).RunAsync(console.Interrupted);
            progress.Clear();
            Print(console, report);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file, report.ToJson(), cancellation);
            }

            if (console.Interrupted.IsCancellationRequested)
            {
                return ExitCodes.Interrupted;
            }

            if (report.Succeeded == 0)
            {
                return ExitCodes.Unexpected;
            }

            return PrintLimits(console, report.Limits) ? ExitCodes.Holds : ExitCodes.Race;
        });
        return command;
    }

    /// <summary>Prints what is judged.</summary>
    /// <returns>Whether all limits are kept.</returns>
    public static bool PrintLimits(LabConsole console, IReadOnlyList<JudgedLimit> limits)
    {
        foreach (var limit in limits)
        {
            console.Out.WriteLine($"{(limit.IsMet ? "kept" : "missed")}: {limit}");
        }

        return limits.All(static limit => limit.IsMet);
    }

    /// <summary>Prints what failed, in which phase, and what to look at.</summary>
    public static void PrintFailures(LabConsole console, ProbeReport report)
    {
        console.Out.WriteLine($"What failed at {report.Url}:");
        var table = new Table().AddColumns("phase", "what", "how often");
        foreach (var failure in report.Failures)
        {
            table.AddRow(new Text(failure.Phase), new Text(failure.What), new Text(failure.Count.ToString(CultureInfo.InvariantCulture)));
        }

        console.Ansi.Write(table);
        foreach (var advice in report.Advice)
        {
            console.Out.WriteLine(Lines.Entry("  ->", advice, 5, console.Ansi.Profile.Width));
        }
    }

    /// <summary>Prints what was found and measured.</summary>
    public static void Print(LabConsole console, ProbeReport report)
    {
        if (report.Failures.Count > 0)
        {
            PrintFailures(console, report);
        }

        if (report.Succeeded > 0)
        {
            var table = new Table().AddColumns("phase", "p50 ms", "p95 ms", "p99 ms", "walks");
            foreach (var (phase, times) in report.Phases)
            {
                table.AddRow([.. new[] { phase, Number(times.Median), Number(times.P95), Number(times.P99), times.Count.ToString(CultureInfo.InvariantCulture) }.Select(static cell => new Text(cell))]);
            }

            console.Ansi.Write(table);
            console.Out.WriteLine($"coordination, upgrade to ready: {report.Coordination}");
            console.Out.WriteLine($"dial to first event:           {report.ToFirstEvent}");
            console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"overhead to first event:       {report.OverheadPercent:0} % of the median"));
        }

        if (report.BareAccept.Count > 0)
        {
            console.Out.WriteLine($"bare accept on the same path:  {report.BareAccept}");
        }

        foreach (var (end, times) in report.Ends)
        {
            console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ended {times} x {end}"));
        }

        foreach (var (carrier, what) in report.Carriers)
        {
            console.Out.WriteLine($"carrier {carrier}: {what}");
        }

        console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Succeeded} of {report.Count} walks succeeded: {report.SuccessRate:0.##} %, in {report.DurationSeconds:0.0} s."));
    }

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static bool IsJson(string? text)
    {
        try
        {
            using var document = System.Text.Json.JsonDocument.Parse(text ?? "");
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}
