using System.Text;

namespace Airlock.Core.Tests;

/// <summary>The shipped lifecycle alone, explored completely under a driver that may do anything at any time.</summary>
public sealed class LifecycleExplorationTests
{
    private sealed record At(LifecycleSnapshot Life, Ledger Books);

    // Not for the tests that mutants are given to: a core that is changed later would be judged by what was found before.
    private static readonly Lazy<Findings> _explored = new(Explore);

    [Fact]
    public void Hostile_driver_breaks_no_rule_in_any_state()
    {
        var found = Explore();
        TestContext.Current.TestOutputHelper?.WriteLine($"{found.Reached.Count} states, {found.Steps} steps, at most {found.EffectsMost} effects; refreshes bounded at 2, every other event at any time.");
        Assert.True(found.Reached.Count > 1000, "The exploration has become empty.");
        Assert.Equal(4, found.EffectsMost);
        Assert.Equal(LifecycleRules.MayFollow.SelectMany(pair => pair.Value.Select(next => (pair.Key, next))).Order(), found.Edges.Order());
    }

    [Fact]
    public void Every_pair_of_state_and_event_has_an_outcome() =>
        Assert.Equal(Enum.GetValues<ConnectionState>().Length * Enum.GetValues<EventKind>().Length, _explored.Value.Pairs.Count);

    [Fact]
    public void Deadlines_alone_end_every_connection_once_it_is_open()
    {
        foreach (var start in Explore().Reached.Select(at => at.Life).Where(at => at.State != ConnectionState.Connecting))
        {
            var life = new ConnectionLifecycle(HostileDriver.Timeouts, start);
            for (var fired = 0; !LifecycleRules.IsOver(life.State); fired++)
            {
                Assert.True(fired < 8, $"Deadlines do not end {start.State}.");
                // The latest kind of those that run: a ping's answer rather than the next ping.
                var kind = Enum.GetValues<DeadlineKind>().Last(life.Snapshot.Deadlines.Runs);
                var due = life.Snapshot.Deadlines.Due(kind)!.Value;
                Assert.True(life.Apply(LifecycleEvent.DeadlineElapsed(kind, due), due).Applied);
            }
        }
    }

    [Fact]
    public void Table_in_the_specification_is_what_the_code_does()
    {
        var page = new StringBuilder("""
            # The transition table, as the code runs it

            Printed by a test from exploring the shipped lifecycle with every event in every state that can be reached; do not edit. What the words mean is in [lifecycle.md](lifecycle.md).
            An outcome is the next state (`=`: it stays), the cause of a close, and the effects in their order. Where an event has several outcomes, data decides: the
            id of an effect, the gates, what is already running.

            """);
        foreach (var (state, rows) in _explored.Value.Rows)
        {
            page.Append("\n## ").Append(Name(state)).Append('\n');
            var refused = rows.Where(row => row.Value.Count == 1 && row.Value.Single().StartsWith("refused", StringComparison.Ordinal)).ToLookup(row => row.Value.Single(), row => row.Key);
            var applied = rows.Where(row => !refused.Any(group => group.Contains(row.Key))).ToList();
            if (applied.Count > 0)
            {
                page.Append("\n| event | outcome |\n|---|---|\n");
                foreach (var (row, all) in applied)
                {
                    page.Append("| ").Append(row).Append(" | ").AppendJoin("<br>", all).Append(" |\n");
                }
            }

            foreach (var group in refused.OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                page.Append("\nAlways ").Append(group.Key).Append(": ").AppendJoin(", ", group).Append(".\n");
            }
        }

        Golden.Check("spec/lifecycle-table.md", page.ToString());
    }

    private static Findings Explore()
    {
        var found = new Findings();
        var exploration = new Exploration<At, At>(at => at, (at, next) =>
        {
            found.Reached.Add(at);
            LifecycleRules.CheckState(at.Life);
            foreach (var (name, e, now) in HostileDriver.Events(at.Life))
            {
                next(name, () =>
                {
                    var life = new ConnectionLifecycle(HostileDriver.Timeouts, at.Life);
                    var step = life.Apply(e, now);
                    LifecycleRules.CheckStep(at.Life, e, step, life.Snapshot);
                    found.Add(e, step);
                    return new At(life.Snapshot, at.Books.Book(e, step));
                });
            }
        });
        exploration.Run(new At(default, new Ledger(0)), at => LifecycleRules.IsOver(at.Life.State));
        found.Steps = exploration.Steps;
        return found;
    }

    private static string Outcome(Transition step)
    {
        if (step.Refused is { } refusal)
        {
            return $"refused {refusal}";
        }

        var effects = Enumerable.Range(0, step.Effects.Count).Select(i => step.Effects[i]).ToList();
        var cause = effects.Select(effect => effect.Reason?.Cause).SingleOrDefault(cause => cause is not null);
        var next = step.From == step.To ? "=" : $"→ {Name(step.To)}";
        return $"{next}{(cause is null ? "" : $" `{cause}`")}{(effects.Count == 0 ? "" : $": {string.Join(", ", effects.Select(effect => effect.Kind))}")}";
    }

    private static string Name(ConnectionState state) => string.Concat($"{state}".Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private sealed class Findings
    {
        public List<At> Reached { get; } = [];

        public HashSet<(ConnectionState From, ConnectionState To)> Edges { get; } = [];

        public HashSet<(ConnectionState State, EventKind Event)> Pairs { get; } = [];

        public SortedDictionary<ConnectionState, SortedDictionary<string, SortedSet<string>>> Rows { get; } = [];

        public int EffectsMost { get; private set; }

        public int Steps { get; set; }

        public void Add(LifecycleEvent e, Transition step)
        {
            Pairs.Add((step.From, e.Kind));
            EffectsMost = Math.Max(EffectsMost, step.Effects.Count);
            if (step.From != step.To)
            {
                Edges.Add((step.From, step.To));
            }

            var row = e.Kind == EventKind.DeadlineElapsed ? $"{e.Kind}({e.Deadline})" : $"{e.Kind}";
            var rows = Rows.TryGetValue(step.From, out var known) ? known : Rows[step.From] = new(StringComparer.Ordinal);
            (rows.TryGetValue(row, out var all) ? all : rows[row] = new(StringComparer.Ordinal)).Add(Outcome(step));
        }
    }
}
