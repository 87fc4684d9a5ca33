namespace Airlock.Lab.Running;

/// <summary>Threads of the lab's own. Not the pool's: work on the pool is how an escape shows.</summary>
internal static class Workers
{
    /// <summary>Does pieces of work, each on one thread from begin to end, and waits for them.</summary>
    /// <typeparam name="T">What a piece yields.</typeparam>
    /// <param name="work">The pieces; they share nothing.</param>
    /// <param name="threads">How many threads.</param>
    /// <returns>What the pieces yield, in their order.</returns>
    public static IReadOnlyList<T> Run<T>(IReadOnlyList<Func<T>> work, int threads = 2)
    {
        var results = new T[work.Count];
        var errors = new Exception?[work.Count];
        var next = -1;
        var workers = Enumerable.Range(1, Math.Min(threads, work.Count)).Select(number => new Thread(Take) { Name = $"worker {number}", IsBackground = true }).ToList();
        workers.ForEach(static worker => worker.Start());
        workers.ForEach(static worker => worker.Join());
        return Array.Find(errors, static error => error is not null) is { } first ? throw new InvalidOperationException(first.Message, first) : results;

        void Take()
        {
            while (Interlocked.Increment(ref next) is var i && i < work.Count)
            {
                try
                {
                    results[i] = work[i]();
                }
                catch (Exception e)
                {
                    errors[i] = e;
                }
            }
        }
    }
}
