using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Subjects.Mutants;

public sealed class MutationTableTests
{
    // Each is compiled, run and found by run, which judges the scenario that has it as its red half; here is only what run cannot see.
    [Fact]
    public void Every_guard_that_is_taken_out_is_the_red_half_of_a_scenario()
    {
        var red = ScenarioCatalog.Lab.All.Select(static scenario => scenario.Red.Mutation).OfType<string>().ToHashSet();
        Assert.Equal(red.Order(StringComparer.Ordinal), MutationTable.All.Select(static mutation => mutation.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_mutant_is_the_driver_with_one_line_changed_and_nothing_else()
    {
        foreach (var mutation in MutationTable.All.DistinctBy(DriverCompiler.LibraryOf))
        {
            var (name, image) = Assert.Single(DriverCompiler.Shared.With([mutation], hasLockPoints: false));
            Assert.Equal(DriverCompiler.LibraryOf(mutation), name);
            Assert.Equal(name, System.Reflection.Assembly.Load(image).GetName().Name);
        }
    }

    [Theory]
    [InlineData("Airlock.Core/Lifecycle/Nowhere.cs", "x", "y", "names a file that the driver does not have")]
    [InlineData("Airlock.Core/Lifecycle/Transitions.cs", "no such line", "y", "stands there 0 times, not once")]
    [InlineData("Airlock.Core/Lifecycle/Transitions.cs", "namespace Airlock.Core;", "namespace Airlock.Core; !", "a-mutation (Airlock.Core/Lifecycle/Transitions.cs: 'namespace Airlock.Core;' becomes 'namespace Airlock.Core; !') does not compile")]
    [InlineData("Airlock.Core/Session/SessionCore.cs", "if (attempt <= _attempt && attempt < AttemptMax)", "if (nothing)", "a-mutation (Airlock.Core/Session/SessionCore.cs: 'if (attempt <= _attempt && attempt < AttemptMax)' becomes 'if (nothing)') does not compile")]
    public void A_mutation_that_no_longer_fits_says_what_to_change(string file, string text, string instead, string problem) =>
        Assert.Contains(problem, Assert.Throws<InvalidOperationException>(() => DriverCompiler.Shared.With([MutationTable.All[0], new Mutation("a-mutation", file, text, instead, "Nothing.")], hasLockPoints: false)).Message, StringComparison.Ordinal);
}
