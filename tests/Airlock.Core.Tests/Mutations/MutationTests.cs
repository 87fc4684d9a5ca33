namespace Airlock.Core.Tests;

/// <summary>Proves that the tests can fail: each guard of the core is taken out once, and the test named beside it must turn red.</summary>
public sealed class MutationTests
{
    private static readonly Lazy<byte[]> _image = new(static () => new CoreCompiler().With(MutationTable.All));

    // Warm from one mutant to the next, which is most of their time.
    private static readonly Lazy<MutatedCore> _shared = new(static () => new MutatedCore(_image.Value));

    // Explorations are green where they run by themselves.
    private static readonly HashSet<string> _green = [.. MutationTable.All.Select(static mutation => mutation.Test).Where(static test => test.Split('.')[0] is nameof(CompositionTests) or nameof(LifecycleExplorationTests))];

    public static TheoryData<string> Mutations => [.. MutationTable.All.Select(static mutation => $"{mutation}")];

    [Theory]
    [MemberData(nameof(Mutations))]
    public void Guard_that_is_taken_out_turns_its_test_red(string name)
    {
        var mutation = MutationTable.All.Single(mutation => $"{mutation}" == name);
        var number = MutationTable.All.ToList().IndexOf(mutation) + 1;
        // What a type keeps is made once: that only a copy of its own shows.
        Assert.True((_shared.Value.Run(mutation.Test, number) ?? new MutatedCore(_image.Value).Run(mutation.Test, number)) is not null, $"{name} survives {mutation.Test}.");
        // Without it the test is green, also after it was red.
        Assert.True(!_green.Add(mutation.Test) || _shared.Value.Run(mutation.Test, 0) is null, $"{mutation.Test} is red by itself.");
    }

    [Fact]
    public void There_are_many() => Assert.True(MutationTable.All.Count >= 30);
}
