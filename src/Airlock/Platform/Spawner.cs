using Microsoft.Extensions.Logging;

namespace Airlock;

/// <summary>The only place that starts work beside the caller. Under a scheduler that owns a synchronization context the work goes there; else to the thread pool.</summary>
internal sealed class Spawner
{
    private readonly SynchronizationContext? _context = SynchronizationContext.Current;

    /// <summary>Cancels beside the caller: whoever waits on the token goes on where it is cancelled, and that is foreign code.</summary>
    internal void Cancel(CancellationTokenSource source, ILogger logger) => Start(() =>
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException e)
        {
            Log.CancellationFailed(logger, e);
        }

        return Task.CompletedTask;
    });

    /// <summary>Starts work whose failures the work itself reports.</summary>
    /// <param name="work">Must not throw.</param>
    internal void Start(IThreadPoolWorkItem work)
    {
        if (_context is null)
        {
#pragma warning disable RS0030 // The same door, for work that is started so often that it is an object of its own.
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
#pragma warning restore RS0030
        }
        else
        {
#pragma warning disable VSTHRD001 // There is no user interface here: whoever made the server under a context wants its work there.
            _context.Post(static work => ((IThreadPoolWorkItem)work!).Execute(), work);
#pragma warning restore VSTHRD001
        }
    }

    /// <summary>Starts work whose failures the work itself reports.</summary>
    /// <param name="work">Must not throw.</param>
    internal void Start(Func<Task> work)
    {
        if (_context is null)
        {
#pragma warning disable RS0030 // The one door to the pool: everything else is started by somebody who awaits it.
            ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work(), work, preferLocal: false);
#pragma warning restore RS0030
        }
        else
        {
#pragma warning disable VSTHRD001 // There is no user interface here: whoever made the server under a context wants its work there.
            _context.Post(static work => _ = ((Func<Task>)work!)(), work);
#pragma warning restore VSTHRD001
        }
    }
}
