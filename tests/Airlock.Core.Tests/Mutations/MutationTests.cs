using System.Collections.Concurrent;

namespace Airlock.Core.Tests;

/// <summary>Proves that the tests can fail: each guard of the core is taken out once, and the test named beside it must turn red.</summary>
public sealed class MutationTests
{
    [Fact]
    public void Every_guard_that_is_taken_out_turns_its_test_red()
    {
        Assert.True(MutationTable.All.Count >= 30);
        var (whole, small) = (new CoreCompiler(withWire: true), new CoreCompiler(withWire: false));
        var complaints = new ConcurrentBag<string>();
        Parallel.ForEach(Partitioner.Create(MutationTable.All), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, mutation =>
        {
            try
            {
                var mutant = new Mutant((mutation.File.StartsWith("Wire/", StringComparison.Ordinal) ? whole : small).With(mutation));
                if (mutant.Run(mutation.Test) is null)
                {
                    complaints.Add($"{mutation} survives {mutation.Test}.");
                }

                mutant.Unload();
            }
            catch (InvalidOperationException wrong)
            {
                complaints.Add($"{mutation}: {wrong.Message}");
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{MutationTable.All.Count} mutations.");
        Assert.True(complaints.IsEmpty, string.Join("\n", complaints.Order()));
    }

    [Fact]
    public void Every_named_test_is_green_where_nothing_is_taken_out()
    {
        // But for the explorations, which run by themselves anyhow.
        string[] explorations = [nameof(CompositionTests), nameof(LifecycleExplorationTests)];
        var original = new Mutant(new CoreCompiler(withWire: true).Original());
        foreach (var test in MutationTable.All.Select(mutation => mutation.Test).Where(test => !explorations.Contains(test.Split('.')[0])).Distinct())
        {
            Assert.Equal($"{test}: ", $"{test}: {original.Run(test)}");
        }
    }
}
