using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects;

namespace Airlock.Lab;

/// <summary>The lab for a test of one's own, whatever the test framework: <c>Assert.Null(await RaceLab.FindRaceAsync(new MySubject()))</c>.</summary>
public static class RaceLab
{
    /// <summary>Explores the scenarios that the subject can take part in, one after the other, and stops at the first race.</summary>
    /// <param name="subject">What is examined. Its servers and clients are made on two threads at once, each run's on one.</param>
    /// <param name="scenarios">The names of the scenarios, as <c>airlock-lab list</c> prints them; null for every one whose needs the subject has.</param>
    /// <param name="schedules">How many schedules for each scenario. From 1. Default: 400, a second or two for all of them.</param>
    /// <param name="seed">Decides everything that is random: the same seed finds the same.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>The race, with a schedule that repeats it; null if no schedule violated anything.</returns>
    /// <exception cref="ArgumentException">A scenario is unknown, or none is applicable: the subject declares too little for them.</exception>
    /// <exception cref="InvalidOperationException">The subject could not be examined; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public static Task<Race?> FindRaceAsync(ISubject subject, IReadOnlyCollection<string>? scenarios = null, int schedules = 400, ulong seed = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentOutOfRangeException.ThrowIfLessThan(schedules, 1);
        var chosen = Choose(scenarios ?? []);
        var applicable = chosen.Where(scenario => subject.Capabilities.HasFlag(scenario.Needs)).ToList();
        if (applicable.Count == 0)
        {
            throw new ArgumentException($"{subject.Name} can take part in none of these scenarios. It lacks: {string.Join("; ", chosen.Select(scenario => $"for {scenario.Name} {scenario.Needs & ~subject.Capabilities}"))}.", nameof(scenarios));
        }

        var examination = new Examination(new Plan { Schedules = schedules, Seed = seed }, new LocalExaminee(subject.Name, () => subject), countPoolWork: false, cancellationToken);
        return OnOwnThreadAsync(() =>
        {
            foreach (var scenario in applicable)
            {
                var verdict = examination.Examine(scenario);
                cancellationToken.ThrowIfCancellationRequested();
                if (verdict.Error is { } error)
                {
                    throw new InvalidOperationException(error);
                }

                if (verdict.Green is { Exploration.First: { } first } half)
                {
                    return Race.Of(subject, scenario, half.Shrunk ?? first.Schedule, first.Violations);
                }
            }

            return null;
        });
    }

    /// <summary>Repeats one run, as for a race that was mended and must not come back.</summary>
    /// <param name="subject">What is examined.</param>
    /// <param name="scenario">The scenario's name.</param>
    /// <param name="schedule">The schedule, as a <see cref="Race"/> tells it.</param>
    /// <returns>The race; null if nothing is violated any more.</returns>
    /// <exception cref="ArgumentException">The scenario is unknown, or the schedule cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The schedule does not fit the subject any more: search again.</exception>
    public static Task<Race?> ReplayAsync(ISubject subject, string scenario, string schedule)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(scenario);
        var chosen = Choose([scenario])[0];
        Schedule decisions;
        try
        {
            decisions = Schedule.Parse(schedule);
        }
        catch (FormatException e)
        {
            throw new ArgumentException(e.Message, nameof(schedule), e);
        }

        return OnOwnThreadAsync(() => Race.Of(subject, chosen, decisions, []));
    }

    private static IReadOnlyList<Scenario> Choose(IReadOnlyCollection<string> scenarios)
    {
        try
        {
            return ScenarioCatalog.Lab.Find([], scenarios);
        }
        catch (UnknownNameException e)
        {
            throw new ArgumentException(e.Message, nameof(scenarios), e);
        }
    }

    // A simulation owns its thread; a test framework's would be the pool's, or have a context.
    private static Task<Race?> OnOwnThreadAsync(Func<Race?> work)
    {
        var done = new TaskCompletionSource<Race?>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                // The edge: whoever awaits gets what happened, here on a thread of nobody's.
                done.SetException(e is SimulationException ? new InvalidOperationException(e.Message, e) : e);
            }
        })
        { IsBackground = true, Name = "race lab" }.Start();
        return done.Task;
    }
}
