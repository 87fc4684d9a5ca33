extern alias shipped;

using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>The driver and its client compiled once with every mutation of the lab, and copies of the lab that are bound to them: as many as are used at a time, since what a copy has warmed up the next user has, too.</summary>
internal sealed class CompiledCopies
{
    private readonly List<Mutation> _mutations;
    private readonly Lazy<Dictionary<string, byte[]>> _images;
    private readonly ConcurrentBag<Copy> _idle = [];

    /// <param name="hasLockPoints">Whether the locks are points of the schedule, and the mutations those that show only there.</param>
    public CompiledCopies(bool hasLockPoints)
    {
        _mutations = [.. MutationTable.Everywhere.Where(mutation => mutation.IsAtLock == hasLockPoints)];
        _images = new(() => DriverCompiler.Shared.With(_mutations, hasLockPoints));
    }

    /// <summary>Calls <see cref="CompiledEntry"/> in a copy that nobody else uses.</summary>
    /// <param name="mutation">The mutation that it has meanwhile, or null for none.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="arguments">Its arguments; only types of the platform cross over.</param>
    /// <exception cref="InvalidOperationException">A mutation of the lab no longer fits. The message says which.</exception>
    public object Invoke(Mutation? mutation, string method, params object?[] arguments)
    {
        var copy = _idle.TryTake(out var idle) ? idle : new Copy(_images.Value);
        try
        {
            return copy.Invoke(mutation is null ? 0 : _mutations.IndexOf(mutation) + 1, method, arguments);
        }
        finally
        {
            _idle.Add(copy);
        }
    }

    /// <summary>Some libraries as compiled; the others, and the lab itself, as they are but loaded once more.</summary>
    private sealed class Copy : AssemblyLoadContext
    {
        private readonly Dictionary<string, byte[]> _images;
        private readonly Action<int> _choose;
        private readonly Type _entry;

        public Copy(Dictionary<string, byte[]> images)
            : base("compiled driver")
        {
            _images = images;
            _choose = MutationSwitch.Of(images.Keys.Select(library => LoadFromAssemblyName(new AssemblyName(library))));
            _entry = LoadFromAssemblyPath(typeof(CompiledCopies).Assembly.Location).GetType(typeof(CompiledEntry).FullName!)!;
        }

        public object Invoke(int number, string method, object?[] arguments)
        {
            _choose(number);
            return _entry.GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
        }

        protected override Assembly? Load(AssemblyName assemblyName) => _images.GetValueOrDefault(assemblyName.Name!) is { } image ? LoadFromStream(new MemoryStream(image)) : assemblyName.Name switch
        {
            "Airlock" => LoadFromAssemblyPath(typeof(AirlockServer).Assembly.Location),
            "Airlock.Client" => LoadFromAssemblyPath(typeof(shipped::Airlock.Client.AirlockClient).Assembly.Location),
            "Airlock.Core" => LoadFromAssemblyPath(typeof(Core.Protocol).Assembly.Location),
            _ => null,
        };
    }
}
