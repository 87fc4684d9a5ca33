using System.Reflection;
using System.Runtime.Loader;

namespace Airlock.Core.Tests;

/// <summary>The tests as they are, loaded once more beside another core.</summary>
internal sealed class Mutant(MemoryStream core) : AssemblyLoadContext("mutant", isCollectible: true)
{
    /// <summary>Runs a test, given as class and method.</summary>
    /// <returns>Why it fails, or null if it passes.</returns>
    public string? Run(string test)
    {
        var (type, name) = (test.Split('.')[0], test.Split('.')[1]);
        var method = LoadFromAssemblyPath(typeof(Mutant).Assembly.Location).GetType($"Airlock.Core.Tests.{type}")?.GetMethod(name);
        Assert.True(method is not null, $"There is no test {test}.");
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

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name != "Airlock.Core")
        {
            return null;
        }

        core.Position = 0;
        return LoadFromStream(core);
    }
}
