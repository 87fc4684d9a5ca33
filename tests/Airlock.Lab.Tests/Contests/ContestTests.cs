using System.Reflection;
using System.Runtime.Loader;
using Airlock.AspNetCore;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Contests;

public sealed class ContestTests
{
    private static readonly Lazy<Func<string, LockFault?, (int Tried, string? Schedule, string? Broken)>> _explore = new(Explorer);

    public static TheoryData<string> Contests => [.. Contest.All.Select(static contest => contest.Name)];

    public static TheoryData<string> Faults => [.. LockFault.All.Select(static fault => fault.Name)];

    [Theory]
    [MemberData(nameof(Contests))]
    public void Whoever_comes_first_the_promise_is_kept(string contest)
    {
        var (tried, schedule, broken) = _explore.Value(contest, null);
        Assert.True(broken is null, $"{contest} under schedule {schedule}: {broken}");
        Assert.True(tried > 1, $"Nobody meets anybody in {contest}.");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_at_the_border_of_a_lock_breaks_it(string name)
    {
        var fault = LockFault.All.First(fault => fault.Name == name);
        var (tried, schedule, broken) = _explore.Value(fault.Contest, fault);
        Assert.True(broken is not null, $"{fault.Contest} does not see {name} in {tried} orders.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {fault.Contest} under schedule {schedule}, of {tried}: {broken}");
    }

    [Fact]
    public void Every_contest_is_broken_by_a_fault() => Assert.Equal(Contest.All.Select(static contest => contest.Name).Order(), LockFault.All.Select(static fault => fault.Contest).Distinct().Order());

    /// <summary>Loads a copy of this assembly that is bound to the libraries with their locks as points of the schedule, and every fault in them.</summary>
    private static Func<string, LockFault?, (int Tried, string? Schedule, string? Broken)> Explorer()
    {
        var faults = LockFault.All.ToList();
        var compiler = DriverCompiler.Knowing(typeof(SocketEndpoint).Assembly, typeof(ContestTests).Assembly, typeof(Airlock.Core.Protocol).Assembly, typeof(AirlockServer).Assembly);
        var images = compiler.With([.. faults.Select(static fault => fault.Mutation)], hasLockPoints: true);
        var context = new Context(images);
        Assembly[] libraries = [.. images.Keys.Select(library => context.LoadFromAssemblyName(new AssemblyName(library)))];
        LockPoints.Connect(libraries);
        var choose = MutationSwitch.Of(libraries);
        var explore = context.LoadFromAssemblyPath(typeof(Contest).Assembly.Location).GetType(typeof(Contest).FullName!)!.GetMethod(nameof(Contest.Explore))!;
        return (contest, fault) =>
        {
            choose(fault is null ? 0 : faults.IndexOf(fault) + 1);
            return ((int, string?, string?))explore.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [contest], null)!;
        };
    }

    /// <summary>Some libraries as compiled, those of the product that refer to them once more, and the lab as it is.</summary>
    private sealed class Context(Dictionary<string, byte[]> images) : AssemblyLoadContext("a contest", isCollectible: true)
    {
        protected override Assembly? Load(AssemblyName assemblyName) => images.GetValueOrDefault(assemblyName.Name!) is { } image ? LoadFromStream(new MemoryStream(image))
            : assemblyName.Name is "Airlock.AspNetCore" ? LoadFromAssemblyPath(typeof(SocketEndpoint).Assembly.Location)
            : null;
    }
}
