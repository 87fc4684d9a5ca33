using Airlock.Lab.Running;
using Airlock.Lab.Sample;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects;
using Airlock.Lab.Tests.Subjects;

namespace Airlock.Lab.Tests;

public sealed class RaceLabTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sound_endpoint_has_no_race_in_any_scenario_that_it_can_take_part_in()
    {
        var race = await RaceLab.FindRaceAsync(new SoundChat(), schedules: 48, cancellationToken: Stop);
        Assert.True(race is null, race?.ToString());
        Assert.InRange(AllScenarios.List.Count(scenario => ((ISubject)new SoundChat()).Capabilities.HasFlag(scenario.Needs)), 25, AllScenarios.List.Count - 25);
    }

    [Fact]
    public async Task A_leak_between_users_is_told_with_who_did_what_and_the_line_that_repeats_it()
    {
        var race = await RaceLab.FindRaceAsync(new NaiveChatSubject(), ["shared-handlers"], cancellationToken: Stop);
        Assert.NotNull(race);
        Assert.Contains(race.Violations, static violation => violation.Checker == "one-context");
        var text = race.ToString();
        Assert.StartsWith("naive-chat has a race in shared-handlers: Each message is handled for the user who sent it", text, StringComparison.Ordinal);
        Assert.Contains("is handled for", text, StringComparison.Ordinal);
        Assert.Contains("server c1", text, StringComparison.Ordinal);
        Assert.Contains($"""RaceLab.ReplayAsync(subject, "shared-handlers", "{race.Schedule}")""", text, StringComparison.Ordinal);
        var again = await RaceLab.ReplayAsync(new NaiveChatSubject(), race.Scenario, race.Schedule);
        Assert.Equal(text, again?.ToString());
        Assert.Null(await RaceLab.ReplayAsync(new SoundChat(), race.Scenario, "-"));
    }

    [Fact]
    public async Task The_first_race_of_all_scenarios_ends_the_search() =>
        Assert.NotNull(await RaceLab.FindRaceAsync(new NaiveChatSubject(), cancellationToken: Stop));

    [Fact]
    public async Task One_await_that_forgets_its_context_is_told_as_such_with_the_calls()
    {
        var race = await RaceLab.FindRaceAsync(new SoundChat(ForgetfulAsync), ["whole-life"], cancellationToken: Stop);
        var violation = Assert.Single(race!.Violations);
        Assert.Equal(Run.StaysInside, violation.Checker);
        Assert.Contains("work for the thread pool", violation.Text, StringComparison.Ordinal);
        Assert.Contains($"It came back in {typeof(RaceLabTests).FullName}.{nameof(One_await_that_forgets_its_context_is_told_as_such_with_the_calls)}", violation.Text, StringComparison.Ordinal);

        static async Task<string?> ForgetfulAsync(EndpointLab lab, string? token) => await lab.FindUserAsync(token).ConfigureAwait(false);
    }

    [Fact]
    public async Task A_timer_of_the_real_clock_is_told_as_such_with_the_calls()
    {
        var race = await RaceLab.FindRaceAsync(new SoundChat(SleepyAsync), ["whole-life"], cancellationToken: Stop);
        var violation = race!.Violations[0];
        Assert.Equal(Run.StaysInside, violation.Checker);
        Assert.Contains("a timer of the real clock", violation.Text, StringComparison.Ordinal);
        Assert.Contains($"{nameof(RaceLabTests)}.", violation.Text, StringComparison.Ordinal);

        static async Task<string?> SleepyAsync(EndpointLab lab, string? token)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None);
            return await lab.FindUserAsync(token);
        }
    }

    [Fact]
    public async Task An_exception_out_of_the_endpoint_is_an_error_of_its_log_and_cuts_the_connection()
    {
        var race = await RaceLab.FindRaceAsync(new SoundChat(static (_, _) => throw new FormatException("It is broken.")), ["whole-life"], cancellationToken: Stop);
        Assert.Contains(race!.Violations, static violation => violation is { Checker: "no-errors", Text: var text } && text.Contains("FormatException: It is broken.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_name_and_a_scenario_that_is_not_applicable_are_refused_in_words()
    {
        Assert.Contains("Nearest: whole-life", (await Assert.ThrowsAsync<ArgumentException>(static () => RaceLab.FindRaceAsync(new SoundChat(), ["hole-life"], cancellationToken: Stop))).Message, StringComparison.Ordinal);
        Assert.Contains("for late-attempt Sessions", (await Assert.ThrowsAsync<ArgumentException>(static () => RaceLab.FindRaceAsync(new SoundChat(), ["late-attempt"], cancellationToken: Stop))).Message, StringComparison.Ordinal);
        Assert.Contains("part 2 is 'x'", (await Assert.ThrowsAsync<ArgumentException>(static () => RaceLab.ReplayAsync(new SoundChat(), "whole-life", "1.x"))).Message, StringComparison.Ordinal);
        Assert.Contains("diverged", (await Assert.ThrowsAsync<InvalidOperationException>(static () => RaceLab.ReplayAsync(new SoundChat(), "whole-life", "99"))).Message, StringComparison.Ordinal);
    }
}
