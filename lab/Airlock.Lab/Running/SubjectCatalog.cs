using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Subjects.Mutants;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Running;

/// <summary>What can be examined, by name.</summary>
internal static class SubjectCatalog
{
    /// <summary>The production driver.</summary>
    public const string Airlock = "airlock";

    /// <summary>The production driver, whose locks are points of the schedule.</summary>
    public const string Locks = "airlock:locks";

    /// <summary>The incident's endpoint with all its faults; with a colon and some of them (<c>legacy:SecondMachine+FailOpen</c>), with these alone; <c>legacy:None</c> has none.</summary>
    public const string Legacy = "legacy";

    /// <summary>The legacy model without any fault.</summary>
    public const string CleanLegacy = "legacy:None";

    /// <summary>What a mutation's name follows.</summary>
    public const string MutantPrefix = "mutant:";

    // Where a library of one's own was loaded from, by its subject's name: a report calls it by its name, and its lines must run.
    private static readonly ConcurrentDictionary<string, string> _libraries = new();

    private const string LegacyPrefix = $"{Legacy}:";

    /// <summary>Every name, without the combinations.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        Airlock,
        Locks,
        Legacy,
        .. Enum.GetNames<LegacyFault>().Except([nameof(LegacyFault.All)]).Select(static fault => LegacyPrefix + fault),
        .. MutationTable.All.Select(static mutation => MutantPrefix + mutation.Name),
        .. LockBorders.All.Select(static border => MutantPrefix + border.Mutation.Name),
    ];

    /// <summary>Finds a subject.</summary>
    /// <param name="name">One of <see cref="Names"/>, or the path of a library with a public class that implements <see cref="ISubject"/>.</param>
    /// <exception cref="UnknownNameException">There is none; the message names the nearest.</exception>
    public static Examinee Find(string name)
    {
        if (name.Equals(Airlock, StringComparison.OrdinalIgnoreCase))
        {
            return new LocalExaminee(Airlock, static () => new AirlockSubject());
        }

        if (name.Equals(Locks, StringComparison.OrdinalIgnoreCase))
        {
            return new LocksExaminee(Locks, static () => CompiledDriver.WithLockPoints);
        }

        if (name.Equals(Legacy, StringComparison.OrdinalIgnoreCase))
        {
            return LegacyWith(Legacy, LegacyFault.All);
        }

        if (name.StartsWith(LegacyPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return LegacyWith(name, name[LegacyPrefix.Length..].Split('+').Select(fault => Enum.GetNames<LegacyFault>().FirstOrDefault(known => known.Equals(fault, StringComparison.OrdinalIgnoreCase)) is { } known
                ? Enum.Parse<LegacyFault>(known)
                : throw UnknownNameException.Of("subject", name, Names)).Aggregate(static (all, fault) => all | fault));
        }

        if (name.StartsWith(MutantPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return MutationTable.Find(name[MutantPrefix.Length..]) switch
            {
                { IsAtLock: true } atLock => new LocksExaminee(MutantPrefix + atLock.Name, () => CompiledDriver.Of(atLock.Name)),
                { } mutation => new MutantExaminee(mutation.Name),
                null => throw UnknownNameException.Of("subject", name, Names),
            };
        }

        if (name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            return FromLibrary(name);
        }

        if (_libraries.TryGetValue(name, out var library))
        {
            return FromLibrary(library);
        }

        throw name.AsSpan().ContainsAny('/', '\\') || Path.Exists(name)
            ? new UnknownNameException($"A subject of your own is the path of the library that was built, which ends with .dll; '{name}' does not.")
            : UnknownNameException.Of("subject", name, Names);
    }

    /// <summary>What <c>--subject</c> takes for a subject: its name, or the path that its library was loaded from.</summary>
    /// <param name="name">The name.</param>
    public static string ArgumentOf(string name) => _libraries.GetValueOrDefault(name, name);

    /// <summary>What must be red.</summary>
    /// <param name="red">The fault or the mutation.</param>
    public static Examinee Find(Red red) => red.Fault is { } fault ? LegacyWith(LegacyPrefix + LegacySubject.NameOf(fault), fault) : new MutantExaminee(red.Mutation!);

    private static LocalExaminee LegacyWith(string name, LegacyFault faults) => new(name, () => new LegacySubject(faults));

    private static LocalExaminee FromLibrary(string path)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new UnknownNameException($"There is no library {full}.");
        }

        try
        {
            var types = TypesOf(new LibraryContext(full).LoadFromAssemblyPath(full))
                .Where(static type => type.IsVisible && type.IsAssignableTo(typeof(ISubject)) && !type.IsAbstract && type.GetConstructor([]) is not null).ToList();
            if (types.Count == 1)
            {
                var own = Create(types[0]).Name;
                _libraries[own] = path;
                return new LocalExaminee(own, () => Create(types[0]));
            }

            throw new UnknownNameException($"{full} must have one public class that implements {typeof(ISubject).FullName} and has a constructor without parameters, and has {types.Count}.");
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException)
        {
            throw new UnknownNameException($"{full} cannot be loaded: {e.Message}");
        }

        static ISubject Create(Type type)
        {
            try
            {
                return (ISubject)Activator.CreateInstance(type)!;
            }
            catch (TargetInvocationException e)
            {
                throw new UnknownNameException($"{type.FullName} cannot be made: {e.InnerException!.GetType().Name}: {e.InnerException.Message}");
            }
        }
    }

    // A type that needs what is not here, a framework of the host's for instance, is not the one that is looked for.
    private static IEnumerable<Type> TypesOf(Assembly library)
    {
        try
        {
            return library.GetTypes();
        }
        catch (ReflectionTypeLoadException e)
        {
            return e.Types.OfType<Type>();
        }
    }

    // What lies beside the library is the library's; the lab and the driver are those of this process, else its classes would be strangers.
    private sealed class LibraryContext(string path) : AssemblyLoadContext(path)
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name!.StartsWith("Airlock", StringComparison.Ordinal) && Default.Assemblies.Any(loaded => loaded.GetName().Name == assemblyName.Name)
                ? null
                : (_resolver.ResolveAssemblyToPath(assemblyName) ?? OfTheWeb(assemblyName)) is { } found ? LoadFromAssemblyPath(found) : null;

        // An endpoint's library is mostly a web application's, whose framework the lab itself does not need.
        private static string? OfTheWeb(AssemblyName assemblyName) =>
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "Microsoft.AspNetCore.App") is var frameworks && Directory.Exists(frameworks)
                ? Directory.GetDirectories(frameworks, $"{Environment.Version.Major}.*").Select(framework => Path.Combine(framework, $"{assemblyName.Name}.dll")).FirstOrDefault(File.Exists)
                : null;
    }
}
