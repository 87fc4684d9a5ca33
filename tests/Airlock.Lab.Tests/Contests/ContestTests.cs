using System.Reflection;
using System.Runtime.Loader;
using Airlock.AspNetCore;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Contests;

public sealed class ContestTests
{
    private static readonly string[] _libraries = ["Airlock", "Airlock.AspNetCore", "Airlock.Client"];

    private static readonly Lazy<DriverCompiler> _compiler = new(static () => DriverCompiler.Knowing(typeof(SocketEndpoint).Assembly, typeof(ContestTests).Assembly, typeof(Airlock.Core.Protocol).Assembly, typeof(AirlockServer).Assembly));

    private static readonly Lazy<Func<string, (int Tried, string? Schedule, string? Broken)>> _sound = new(static () => Explorer(null));

    public static TheoryData<string> Contests => [.. Contest.All.Select(static contest => contest.Name)];

    public static TheoryData<string> Faults => [.. LockFault.All.Select(static fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Contests))]
    public void Whoever_comes_first_the_promise_is_kept(string contest)
    {
        var (tried, schedule, broken) = _sound.Value(contest);
        Assert.True(broken is null, $"{contest} under schedule {schedule}: {broken}");
        Assert.True(tried > 1, $"Nobody meets anybody in {contest}.");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_at_the_border_of_a_lock_breaks_it(string name)
    {
        var fault = LockFault.All.First(fault => fault.Name == name);
        var (tried, schedule, broken) = Explorer(fault.Mutation)(fault.Contest);
        Assert.True(broken is not null, $"{fault.Contest} does not see {name} in {tried} orders.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {fault.Contest} under schedule {schedule}, of {tried}: {broken}");
    }

    [Fact]
    public void Every_contest_is_broken_by_a_fault() => Assert.Equal(Contest.All.Select(static contest => contest.Name).Order(), LockFault.All.Select(static fault => fault.Contest).Distinct().Order());

    /// <summary>Loads a copy of this assembly that is bound to the libraries as they are compiled now.</summary>
    private static Func<string, (int Tried, string? Schedule, string? Broken)> Explorer(Mutation? mutation)
    {
        string[] changed = mutation is null ? _libraries : [DriverCompiler.LibraryOf(mutation)];
        var context = new Context(_compiler.Value.With(mutation, hasLockPoints: true, changed));
        LockPoints.Connect([.. changed.Select(library => context.LoadFromAssemblyName(new AssemblyName(library)))]);
        var explore = context.LoadFromAssemblyPath(typeof(Contest).Assembly.Location).GetType(typeof(Contest).FullName!)!.GetMethod(nameof(Contest.Explore))!;
        return contest => ((int, string?, string?))explore.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [contest], null)!;
    }

    /// <summary>Some libraries as compiled, those of the product that refer to them once more, and the lab as it is.</summary>
    private sealed class Context(Dictionary<string, MemoryStream> images) : AssemblyLoadContext("a contest", isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName) => images.GetValueOrDefault(assemblyName.Name!) is { } image ? LoadFromStream(image)
            : assemblyName.Name is "Airlock.AspNetCore" ? LoadFromAssemblyPath(typeof(SocketEndpoint).Assembly.Location)
            : null;
    }
}
