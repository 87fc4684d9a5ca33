using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Airlock.Core;

namespace Airlock.Hostile.Faults;

/// <summary>What a store does wrong for one user, once.</summary>
internal enum StoreFault
{
    FailsToBegin,
    FailsToAppend,
    NeverAppends,
}

/// <summary>A store that fails as the injector says.</summary>
internal sealed class FailingStore(MemorySessionStore store) : ISessionStore
{
    /// <summary>The fault that the next call of a user meets.</summary>
    public static ConcurrentDictionary<string, StoreFault> Faults { get; } = new();

    public async ValueTask<AttachOutcome> AttachAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        if (Faults.TryRemove(KeyValuePair.Create(request.Principal.Subject, StoreFault.FailsToBegin)))
        {
            throw new IOException("The store is away.");
        }

        var outcome = await store.AttachAsync(request, cancellationToken);
        return outcome.Log is { } log ? outcome with { Log = FailingLog.Around(log) } : outcome;
    }

    public ValueTask<IReadOnlyList<ISessionLog>> FindAsync(SessionTarget target, CancellationToken cancellationToken) => store.FindAsync(target, cancellationToken);

    public ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken) => store.SetGroupAsync(session, group, member, cancellationToken);
}

/// <summary>The log of a session that may fail to append; every other call goes through.</summary>
[SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it.")]
internal class FailingLog : DispatchProxy
{
    private ISessionLog _log = null!;

    public static ISessionLog Around(ISessionLog log)
    {
        var proxy = Create<ISessionLog, FailingLog>();
        ((FailingLog)(object)proxy)._log = log;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(ISessionLog.AppendAsync))
        {
            if (FailingStore.Faults.TryRemove(KeyValuePair.Create(_log.Principal.Subject, StoreFault.FailsToAppend)))
            {
                throw new IOException("The store is away.");
            }

            if (FailingStore.Faults.TryRemove(KeyValuePair.Create(_log.Principal.Subject, StoreFault.NeverAppends)))
            {
                return new ValueTask<AppendVerdict>(new TaskCompletionSource<AppendVerdict>().Task);
            }
        }

        return targetMethod.Invoke(_log, BindingFlags.DoNotWrapExceptions, null, args, null);
    }
}
