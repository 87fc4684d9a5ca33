using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Running;

/// <summary>Makes the schedule of a race shorter and plainer while the same checker objects.</summary>
internal static class Shrinker
{
    private const int RunsMax = 500;

    // A long run must not take a minute to shrink.
    private const long StepsMax = 60_000;

    /// <summary>Shrinks: first come, first served wherever that is enough, then the lowest choices, then the fewest decisions.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="subject">What is examined.</param>
    /// <param name="schedule">Under which the checker objects.</param>
    /// <param name="checker">The checker's name.</param>
    /// <param name="stop">Ends early with the best so far.</param>
    /// <param name="progress">Told after each run how many were made, and how many are made at most.</param>
    /// <returns>A schedule under which the checker still objects; the one given if it is not found again.</returns>
    public static Schedule Shrink(Scenario scenario, ISubject subject, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null)
    {
        var (runs, steps) = (0, 0L);
        int[] best = [.. schedule.Decisions];
        var surroundings = schedule.Surroundings;
        foreach (var aspect in Enum.GetValues<Aspect>().Where(aspect => surroundings[aspect] > 0))
        {
            // What does not matter is not told.
            var with = surroundings;
            surroundings = with.Without([aspect]);
            if (!Violates(best))
            {
                surroundings = with;
            }
        }

        if (Violates([]))
        {
            return new Schedule([], schedule.TimeRaces, surroundings);
        }

        for (var changed = true; changed && !IsOver();)
        {
            changed = TakeOut() | Lower() | Shorten();
        }

        return new Schedule(best, schedule.TimeRaces, surroundings);

        // Whole stretches first: most decisions of a random schedule do not matter.
        bool TakeOut()
        {
            var any = false;
            for (var size = Math.Max(1, best.Length / 2); size > 0 && !IsOver(); size /= 2)
            {
                for (var end = best.Length; end > 0 && !IsOver(); end -= size)
                {
                    var begin = Math.Max(0, end - size);
                    if (end <= best.Length && best[begin..end].Any(static choice => choice != 0))
                    {
                        any |= Try([.. best[..begin], .. new int[end - begin], .. best[end..]]);
                    }
                }
            }

            return any;
        }

        bool Lower()
        {
            var any = false;
            for (var i = 0; i < best.Length; i++)
            {
                for (var lower = 1; i < best.Length && lower < best[i] && !IsOver(); lower++)
                {
                    any |= Try([.. best[..i], lower, .. best[(i + 1)..]]);
                }
            }

            return any;
        }

        bool Shorten()
        {
            var any = false;
            for (var size = Math.Max(1, best.Length / 2); size > 0 && !IsOver(); size /= 2)
            {
                for (var i = 0; i + size <= best.Length && !IsOver(); i++)
                {
                    any |= Try([.. best[..i], .. best[(i + size)..]]);
                }
            }

            return any;
        }

        bool Try(int[] candidate)
        {
            int[] trimmed = [.. new Schedule(candidate).Decisions];
            if (!Violates(trimmed))
            {
                return false;
            }

            best = trimmed;
            return true;
        }

        bool Violates(int[] candidate)
        {
            runs++;
            try
            {
                var run = Run.Replay(scenario, subject, new Schedule(candidate, schedule.TimeRaces, surroundings));
                steps += run.Steps;
                return run.Violates(checker);
            }
            catch (Exception e) when (e is SimulationException or InvalidOperationException)
            {
                // The shortened schedule fits no run, or one that breaks: neither shows the race.
                return false;
            }
            finally
            {
                progress?.Invoke(runs, RunsMax);
            }
        }

        bool IsOver() => runs >= RunsMax || steps >= StepsMax || stop.IsCancellationRequested;
    }
}
