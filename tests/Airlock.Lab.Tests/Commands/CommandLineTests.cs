using System.IO.Pipes;
using Airlock.Lab.Commands;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Tests.Running;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private static readonly Scenario _good = new PlantedScenario(static world => world.DelayAsync(TimeSpan.FromSeconds(1)), "good-one");
    private static readonly Scenario _bad = new PlantedScenario(static world =>
    {
        world.Expect(world.Choose(false, true) || world.Choose(false, true), "One of two coins shows heads.");
        return Task.CompletedTask;
    }, "bad-one");
    private static readonly Scenario _broken = new PlantedScenario(static _ => throw new FormatException("It is broken."), "broken-one");
    private readonly string _folder = Directory.CreateTempSubdirectory("airlock-lab-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_subject_that_violates_nothing_exits_with_0()
    {
        var (code, output, _) = Run([_good], "run", "--subject", "airlock", "--schedules", "8");
        Assert.Equal(0, code);
        Assert.Contains("1 of 1 verdicts hold", output, StringComparison.Ordinal);
        Assert.Contains("seed 1", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subject_with_a_race_exits_with_2_and_says_how_to_see_it()
    {
        var (code, output, _) = Run([_good, _bad], "run", "--subject", "airlock", "--schedules", "80", "--verbose");
        Assert.Equal(2, code);
        Assert.Contains("One of two coins shows heads.", output, StringComparison.Ordinal);
        Assert.Contains("airlock-lab replay bad-one --subject airlock --schedule -", output, StringComparison.Ordinal);
        Assert.Contains("1 of 2 verdicts hold", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_red_half_that_is_not_red_exits_with_2()
    {
        var (code, output, _) = Run([_good], "run", "--schedules", "8", "--scenario", "good-one");
        Assert.Equal(2, code);
        Assert.Contains("legacy:SecondMachine no longer violates expectation", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_everything_that_misses_a_pair_of_the_table_says_which()
    {
        var (code, output, _) = Run([_good], "run", "--schedules", "8");
        Assert.Equal(2, code);
        Assert.Contains("not reached: ", output, StringComparison.Ordinal);
        Assert.Contains("ProcessingReady + DrainRequested", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_scenario_exits_with_1_even_beside_a_race()
    {
        var (code, output, _) = Run([_bad, _broken], "run", "--subject", "airlock", "--schedules", "8");
        Assert.Equal(1, code);
        Assert.Contains("It is broken.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_nothing_exits_with_1() => Assert.Equal(1, Run([], "run").Code);

    [Fact]
    public void An_interrupted_run_exits_with_130_and_still_writes_its_report()
    {
        var path = Path.Combine(_folder, "report.json");
        var (code, output, _) = Run([_good, _bad], isInterrupted: true, "run", "--subject", "airlock", "--json", path);
        Assert.Equal(130, code);
        Assert.Contains("Interrupted", output, StringComparison.Ordinal);
        Assert.True(Comparison.Read(path).Interrupted);
    }

    [Fact]
    public void Fail_fast_stops_at_the_first_that_does_not_hold() =>
        Assert.Contains("0 of 1 verdicts hold", Run([_bad, _good], "run", "--subject", "airlock", "--schedules", "8", "--fail-fast").Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("There is no scenario 'god-one'. Nearest: good-one", "run", "--scenario", "god-one")]
    [InlineData("There is no suite 'cloudrun'. Nearest: cloud-run", "run", "--suite", "cloudrun")]
    [InlineData("There is no subject 'airlok'. Nearest: airlock", "run", "--subject", "airlok")]
    [InlineData("There is no subject 'legacy:SecondMachin'. Nearest: legacy:SecondMachine", "run", "--subject", "legacy:SecondMachin")]
    [InlineData("There is no strategy 'randm'. Nearest: random", "run", "--strategy", "randm")]
    [InlineData("There is no library ", "run", "--subject", "/nowhere/mine.dll")]
    [InlineData("A subject of your own is the path of the library that was built, which ends with .dll", "run", "--subject", "./bin/MyServer")]
    [InlineData("The suite e2e has no scenario in the simulation. Over real sockets: airlock-lab wire --suite e2e.", "run", "--suite", "e2e")]
    [InlineData("thousand-connects runs over real sockets: airlock-lab wire --scenario thousand-connects.", "run", "--scenario", "thousand-connects")]
    [InlineData("thousand-connects runs over real sockets", "replay", "thousand-connects")]
    [InlineData("incident runs in the simulation: airlock-lab run --scenario incident.", "wire", "--scenario", "incident")]
    [InlineData("There is no suite with wire scenarios 'e2f'. Nearest: e2e", "wire", "--suite", "e2f")]
    [InlineData("There is no scenario, suite or property 'good-on'. Nearest: good-one", "list", "good-on")]
    [InlineData("There is no subject 'airlok'. Nearest: airlock", "list", "--subject", "airlok")]
    [InlineData("is no address", "wire", "--against", "nonsense")]
    [InlineData("For others: airlock-lab probe wss://example.org/chat", "wire", "--against", "wss://example.org/chat")]
    [InlineData("--max-1011 is a number from 0.", "wire", "--max-1011", "-1")]
    [InlineData("There is no scenario 'god-one'. Nearest: good-one", "replay", "god-one")]
    [InlineData("part 2 is 'x'", "replay", "good-one", "--schedule", "1.x")]
    [InlineData("diverged at step 1, expected option 7", "replay", "bad-one", "--schedule", "7")]
    [InlineData("diverged at step 3, expected option 1, got the end of the run", "replay", "bad-one", "--schedule", "0.1.1")]
    [InlineData("there is nothing to shrink", "shrink", "good-one", "--schedule", "-")]
    [InlineData("cannot be compared with", "run", "--compare", "/nowhere/report.json")]
    [InlineData("The report cannot be written: ", "run", "--json", "/proc/report.json")]
    [InlineData("is not what wire --json writes", "run", "--wire", "/nowhere/wire.json")]
    [InlineData("--schedules is a number from 1.", "run", "--schedules", "0")]
    [InlineData("--seconds is a number above 0.", "run", "--seconds", "-1")]
    [InlineData("--schedules and --seconds exclude each other.", "run", "--schedules", "1", "--seconds", "1")]
    [InlineData("many", "run", "--schedules", "many")]
    [InlineData("rum", "rum")]
    public void Bad_input_exits_with_1_and_says_what_is_wrong_before_anything_runs(string problem, params string[] arguments)
    {
        var (code, output, error) = Run([_good, _bad], arguments);
        Assert.Equal(1, code);
        Assert.Contains(problem, error, StringComparison.Ordinal);
        Assert.DoesNotContain("verdicts hold", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "holds")]
    [InlineData(0, "skipped")]
    [InlineData(2, "fails")]
    [InlineData(1, "error")]
    public void What_wire_found_is_reported_beside_the_verdicts_and_judged_with_them(int expected, string verdict)
    {
        var wire = Path.Combine(_folder, "wire.json");
        File.WriteAllText(wire, WireReportOf(verdict, expected).ToJson());
        string At(string name) => Path.Combine(_folder, name);
        var (code, output, _) = Run([_good], "run", "--subject", "airlock", "--schedules", "2", "--wire", wire, "--json", At("r.json"), "--junit", At("r.xml"), "--html", At("r.html"), "--test-plan", At("r.md"));
        Assert.Equal(expected, code);
        Assert.Contains($"Over the wire: {(verdict == "holds" ? 1 : 0)} of 1 hold.", output, StringComparison.Ordinal);
        Assert.Equal("one-wire", Assert.Single(JsonReport.Parse(File.ReadAllText(At("r.json"))).Wire!.Scenarios).Name);
        var test = Assert.Single(System.Xml.Linq.XDocument.Load(At("r.xml")).Descendants("testcase"), static one => one.Attribute("name")!.Value == "one-wire");
        Assert.Equal(verdict switch { "holds" => [], "fails" => ["failure"], _ => [verdict] }, test.Elements().Select(static child => child.Name.LocalName));
        Assert.Contains("1000 bye &lt;&gt;", File.ReadAllText(At("r.html")), StringComparison.Ordinal);
        Assert.Contains("`one-wire`", File.ReadAllText(At("r.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_wire_finds_beside_the_run_comes_by_a_pipe()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A pipe has a path on Linux only.");
        var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        var path = $"/proc/self/fd/{pipe.GetClientHandleAsString()}";
        pipe.Write(System.Text.Encoding.UTF8.GetBytes(WireReportOf("fails", 2).ToJson()));
        pipe.Dispose();
        var (code, output, _) = Run([_good], "run", "--subject", "airlock", "--schedules", "2", "--wire", path);
        Assert.Equal(2, code);
        Assert.Contains("1 of 1 verdicts hold", output, StringComparison.Ordinal);
        Assert.Contains("Over the wire: 0 of 1 hold.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_that_says_nothing_does_not_cost_the_verdicts()
    {
        var empty = Path.Combine(_folder, "empty.json");
        File.WriteAllText(empty, "");
        var (code, output, error) = Run([_good], "run", "--subject", "airlock", "--schedules", "2", "--wire", empty);
        Assert.Equal(1, code);
        Assert.Contains("1 of 1 verdicts hold", output, StringComparison.Ordinal);
        Assert.Contains("is not what wire --json writes", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_teaches_by_examples()
    {
        var (code, output, _) = Run([_good], "--help");
        Assert.Equal(0, code);
        Assert.Contains("airlock-lab run --subject legacy", output, StringComparison.Ordinal);
        Assert.Contains("Exit codes: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_has_every_scenario_with_its_red_half()
    {
        var (code, output, _) = Run([.. AllScenarios.List], "list");
        Assert.Equal(0, code);
        Assert.All(AllScenarios.List, scenario => Assert.Contains(scenario.Name, output, StringComparison.Ordinal));
        Assert.Contains($"{AllScenarios.List.Count} scenarios", output, StringComparison.Ordinal);
    }

    [Fact]
    public void All_about_one_scenario_is_listed_with_the_line_that_runs_it()
    {
        var (code, output, _) = Run([.. AllScenarios.List], "list", "late-attempt");
        Assert.Equal(0, code);
        Assert.Contains("mutant:stale-attempt-accepted", output, StringComparison.Ordinal);
        Assert.Matches(@"needs\s+sessions", output);
        Assert.Contains("airlock-lab run --scenario late-attempt", output, StringComparison.Ordinal);
        Assert.DoesNotContain("competing-machines", output, StringComparison.Ordinal);
        Assert.Contains("competing-machines", Run([.. AllScenarios.List], "list", "reproduction").Output, StringComparison.Ordinal);
        Assert.Contains("The server logs no error", Run([.. AllScenarios.List], "list", "no-errors").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_as_JSON_has_every_scenario()
    {
        var (code, output, _) = Run([.. AllScenarios.List], "list", "--json");
        Assert.Equal(0, code);
        using var json = System.Text.Json.JsonDocument.Parse(output);
        Assert.Equal([.. AllScenarios.List.OrderBy(static scenario => scenario.Suite).Select(static scenario => scenario.Name), .. AllWireScenarios.List.Select(static scenario => scenario.Name)], json.RootElement.EnumerateArray().Select(static each => each.GetProperty("name").GetString()));
        Assert.All(json.RootElement.EnumerateArray(), static each => Assert.NotEmpty(each.GetProperty("claim").GetString()!));
        Assert.Contains(json.RootElement.EnumerateArray(), static each => each.GetProperty("needs").GetString() == "sessions");
    }

    [Fact]
    public void What_an_endpoint_does_not_have_is_not_applicable_in_list_report_and_verdict()
    {
        var library = typeof(Airlock.Lab.Sample.NaiveChatSubject).Assembly.Location;
        Assert.Contains("Not applicable: needs sessions.", Run([.. AllScenarios.List], "list", "--subject", library).Output.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        string At(string name) => Path.Combine(_folder, name);
        var (code, output, _) = Run([.. AllScenarios.List], "run", "--subject", library, "--scenario", "whole-life", "late-attempt", "--schedules", "8", "--json", At("r.json"), "--junit", At("r.xml"), "--html", At("r.html"));
        Assert.Equal(0, code);
        Assert.Contains("1 of 1 verdicts hold", output, StringComparison.Ordinal);
        Assert.Contains("1 scenarios are not applicable: naive-chat does not declare sessions.", output, StringComparison.Ordinal);
        var report = JsonReport.Parse(File.ReadAllText(At("r.json")));
        Assert.Equal(("late-attempt", "sessions"), (Assert.Single(report.NotApplicable!).Name, report.NotApplicable![0].Lacks));
        Assert.Equal("whole-life", Assert.Single(report.Scenarios).Name);
        Assert.Equal("late-attempt", Assert.Single(System.Xml.Linq.XDocument.Load(At("r.xml")).Descendants("skipped")).Parent!.Attribute("name")!.Value);
        Assert.Contains("late-attempt (sessions)", File.ReadAllText(At("r.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_in_which_nothing_is_applicable_exits_with_1_and_says_so()
    {
        var (code, output, _) = Run([.. AllScenarios.List], "run", "--subject", typeof(Airlock.Lab.Sample.NaiveChatSubject).Assembly.Location, "--scenario", "late-attempt");
        Assert.Equal(1, code);
        Assert.Contains("Nothing was run.", output, StringComparison.Ordinal);
        Assert.Contains("does not declare sessions", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_incidents_endpoint_exits_with_2_and_its_run_comes_to_its_end()
    {
        var (code, output, _) = Run([.. AllScenarios.List], "run", "--subject", "legacy", "--schedules", "8");
        Assert.Equal(2, code);
        Assert.DoesNotContain("could not be examined", output, StringComparison.Ordinal);
        var applicable = AllScenarios.List.Count(static scenario => SubjectCatalog.Find("legacy").Capabilities.HasFlag(scenario.Needs));
        Assert.Matches($@"\d+ of {applicable} verdicts hold", output);
    }

    [Fact]
    public void A_table_in_a_window_of_80_columns_tears_no_word_apart()
    {
        foreach (var arguments in new[] { new[] { "run", "--schedules", "8" }, ["run", "--subject", "airlock", "--schedules", "8"], ["list"] })
        {
            using var output = new StringWriter();
            var console = new LabConsole(output, output, IsTerminal: false, CancellationToken.None);
            console.Ansi.Profile.Width = 80;
            CommandLine.Run(arguments, console, new ScenarioCatalog(arguments[0] == "list" ? [.. AllScenarios.List] : [_good, _bad]));
            var table = output.ToString().ReplaceLineEndings("\n").Split('\n').Where(line => arguments[0] == "list" || line.AsSpan().ContainsAny('│', '─')).ToList();
            Assert.All(table, static line => Assert.InRange(line.Length, 0, 80));
            Assert.Contains(table, static line => line.Contains("good-one", StringComparison.Ordinal) || line.Contains("competing-machines", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_replay_prints_a_column_for_each_party_and_exits_with_2_where_something_is_violated()
    {
        var (code, output, _) = Run([.. AllScenarios.List], "replay", "competing-machines", "--subject", "airlock");
        Assert.Equal(0, code);
        Assert.Contains("client 8", output, StringComparison.Ordinal);
        Assert.Contains("SERVICES_READY", output, StringComparison.Ordinal);
        Assert.Contains("Nothing is violated.", output, StringComparison.Ordinal);
        var (badCode, badOutput, _) = Run([_bad], "replay", "bad-one");
        Assert.Equal(2, badCode);
        Assert.Contains("violated: expectation: ", badOutput, StringComparison.Ordinal);
    }

    [Fact]
    public void Shrinking_prints_the_plainest_schedule()
    {
        var (code, output, _) = Run([_bad], "shrink", "bad-one", "--schedule", "-");
        Assert.Equal(0, code);
        Assert.Contains("airlock-lab replay bad-one --subject airlock --schedule -", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_runs_are_compared_by_what_does_not_hold()
    {
        var before = Path.Combine(_folder, "before.json");
        Assert.Equal(2, Run([_good, _bad], "run", "--subject", "airlock", "--schedules", "8", "--json", before).Code);
        Assert.Contains("new: none; fixed: none; persisting: bad-one.", Run([_good, _bad], "run", "--subject", "airlock", "--schedules", "8", "--compare", before).Output, StringComparison.Ordinal);
        var mended = new PlantedScenario(static _ => Task.CompletedTask, "bad-one");
        var spoiled = new PlantedScenario(static world =>
        {
            world.Expect(false, "It is good.");
            return Task.CompletedTask;
        }, "good-one");
        Assert.Contains("new: good-one; fixed: bad-one; persisting: none.", Run([spoiled, mended], "run", "--subject", "airlock", "--schedules", "8", "--compare", before).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_asked_something_else_is_not_compared_and_nothing_runs()
    {
        var before = Path.Combine(_folder, "before.json");
        Run([_good, _bad], "run", "--subject", "airlock", "--schedules", "8", "--json", before);
        var (code, output, error) = Run([_good, _bad], "run", "--subject", "legacy:None", "--schedules", "9", "--compare", before);
        Assert.Equal(1, code);
        Assert.Contains("its subject was airlock, and is legacy:None now; its budget for each scenario was 8 schedules, and is 9 schedules now.", error, StringComparison.Ordinal);
        Assert.DoesNotContain("verdicts hold", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_race_is_written_up_and_the_line_that_files_it_is_printed()
    {
        var body = Path.Combine(_folder, "an issue's $body `x` \"y\".md");
        var (code, output, _) = Run([_good, _bad], "run", "--subject", "airlock", "--schedules", "80", "--markdown", body);
        Assert.Equal(2, code);
        var line = output.Split('\n').Single(static line => line.StartsWith("gh issue create ", StringComparison.Ordinal));
        Assert.Equal(["issue", "create", "--title", "bad-one: airlock violates expectation", "--label", "bug", "--body-file", body], Reports.Shell.Words(line));
        Assert.StartsWith("By step ", File.ReadAllText(body), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_is_no_race_no_issue_is_filed()
    {
        var body = Path.Combine(_folder, "issue.md");
        var (code, output, _) = Run([_good], "run", "--subject", "airlock", "--schedules", "8", "--markdown", body);
        Assert.Equal(0, code);
        Assert.Contains("No race to write about;", output, StringComparison.Ordinal);
        Assert.DoesNotContain("gh issue", output, StringComparison.Ordinal);
        Assert.StartsWith("No race to write about: airlock violates nothing in 8 schedules", File.ReadAllText(body), StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_that_a_report_tells_finds_the_same()
    {
        Report After(IReadOnlyList<string> arguments)
        {
            var path = Path.Combine(_folder, "again.json");
            Run([_good, _bad], [.. arguments, "--json", path]);
            return JsonReport.Parse(File.ReadAllText(path));
        }

        var first = After(["run", "--scenario", "bad-one", "--subject", "airlock", "--schedules", "80", "--seed", "5", "--strategy", "random"]);
        var again = After(Reports.Shell.Words(first.Command!));
        Assert.Equal(first.Command, again.Command);
        Assert.Equal(first.Scenarios.Select(static one => (one.Name, one.Green.Schedules, one.Green.Violating, one.Green.FirstSchedule)), again.Scenarios.Select(static one => (one.Name, one.Green.Schedules, one.Green.Violating, one.Green.FirstSchedule)));
    }

    [Fact]
    public void The_list_tells_which_faults_are_the_incidents()
    {
        var (_, output, _) = Run([.. AllScenarios.List], "list");
        Assert.Contains("PhaseOverlap†", output, StringComparison.Ordinal);
        Assert.Contains("FreshMachine ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("FreshMachine†", output, StringComparison.Ordinal);
        Assert.Contains(FaultTable.Legend, output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_prints_the_whole_log_and_marks_what_the_post_mortem_quotes()
    {
        var (_, output, _) = Run([.. AllScenarios.List], "replay", "incident", "--subject", "legacy");
        var log = output.ReplaceLineEndings("\n").Split('\n').Where(static line => line.Contains(" s  WARNING   ", StringComparison.Ordinal) || line.Contains(" s  ERROR     ", StringComparison.Ordinal)).ToList();
        Assert.Equal(6, log.Count);
        Assert.Equal([false, false, true, true, true, true], log.Select(static line => line.StartsWith(PostMortem.Mark, StringComparison.Ordinal)));
        Assert.DoesNotContain(PostMortem.Mark, Run([.. AllScenarios.List], "replay", "incident", "--subject", "legacy:FreshMachine").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Races_are_kept_in_a_folder()
    {
        Run([_bad], "run", "--subject", "airlock", "--schedules", "8", "--keep", _folder);
        Assert.Equal([new KeptSchedule("bad-one", "airlock", "expectation", "-")], KeptSchedule.Read(_folder));
    }

    private static (int Code, string Output, string Error) Run(IReadOnlyList<Scenario> scenarios, params string[] arguments) => Run(scenarios, false, arguments);

    private static (int Code, string Output, string Error) Run(IReadOnlyList<Scenario> scenarios, bool isInterrupted, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var console = new LabConsole(output, error, IsTerminal: false, new CancellationToken(isInterrupted));
        return (CommandLine.Run(arguments, console, new ScenarioCatalog(scenarios)), output.ToString(), error.ToString());
    }

    private static WireReport WireReportOf(string verdict, int exitCode) => new()
    {
        StartedAt = DateTimeOffset.UnixEpoch,
        DurationSeconds = 1,
        Interrupted = false,
        ExitCode = exitCode,
        Scenarios =
        [
            new WireResult
            {
                Name = "one-wire", Suite = "e2e", Category = "End to end", Difficulty = "HIGH", Source = "a source", Claim = "It holds.", Invariant = "close-codes", RedHalf = null,
                Verdict = verdict, Problems = verdict == "holds" ? [] : ["A problem."],
                Halves =
                [
                    new WireHalf
                    {
                        Subject = "airlock", Role = "green", Dialed = 3, Ready = 3, Sent = 3, Answered = 3, Refused = 0, Unknown = 0, DurationSeconds = 1,
                        Ends = new Dictionary<string, int> { ["1000 bye <>"] = 3 }, Violations = [], Figures = new Dictionary<string, string> { ["ready"] = "3 of 3" },
                    },
                ],
            },
        ],
    };
}
