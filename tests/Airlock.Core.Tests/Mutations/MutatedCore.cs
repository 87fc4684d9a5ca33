using System.Reflection;
using System.Runtime.Loader;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Core.Tests;

/// <summary>The tests as they are, loaded once more beside a core that has every mutation, each behind its number.</summary>
internal sealed class MutatedCore : AssemblyLoadContext
{
    private readonly byte[] _core;
    private readonly Action<int> _choose;

    public MutatedCore(byte[] core)
        : base("mutated core", isCollectible: true)
    {
        _core = core;
        _choose = MutationSwitch.Of([LoadFromAssemblyName(new AssemblyName("Airlock.Core"))]);
    }

    /// <summary>Runs a test.</summary>
    /// <param name="test">The test, as class and method.</param>
    /// <param name="number">The mutation that the core has meanwhile; 0 for none.</param>
    /// <returns>Why it fails, or null if it passes.</returns>
    public string? Run(string test, int number)
    {
        var (type, name) = (test.Split('.')[0], test.Split('.')[1]);
        var method = LoadFromAssemblyPath(typeof(MutatedCore).Assembly.Location).GetType($"Airlock.Core.Tests.{type}")?.GetMethod(name);
        Assert.True(method is not null, $"There is no test {test}.");
        _choose(number);
        try
        {
            method.Invoke(Activator.CreateInstance(method.DeclaringType!), null);
            return null;
        }
        catch (TargetInvocationException red)
        {
            return red.InnerException!.Message;
        }
    }

    protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name == "Airlock.Core" ? LoadFromStream(new MemoryStream(_core)) : null;
}
