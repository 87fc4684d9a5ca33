using System.Collections.Concurrent;
using System.Reflection;
using Xunit.v3;

[assembly: Airlock.EndOfTest]
[assembly: AssemblyFixture(typeof(Airlock.EndOfTestAttribute.LateLooks))]

namespace Airlock;

/// <summary>
/// Looks, when a test has ended, whether anything is left of what it made. Every harness registers itself where it is made, so no test has to remember; what is found is
/// told beside the test's own failure and never in its place, as an exception out of a <c>Dispose</c> would be.
/// </summary>
/// <remarks>
/// The runner calls this on the thread that the test ended on and has it wait there. Where the test's last wait was ended by the product's own thread, what that thread was at is over only
/// when it is let go: after <see cref="HoldMax"/> it is, and what is found then fails the run at the end of the assembly.
/// </remarks>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class EndOfTestAttribute : BeforeAfterTestAttribute
{
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(10);
    private static readonly ConcurrentQueue<(string Test, Task<IReadOnlyList<string>> Looking)> _late = new();
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<(Func<Task<IReadOnlyList<string>>> Look, Func<ValueTask> End)>> _harnesses = new();

    /// <summary>Has a harness looked at when the test that runs now has ended, after all that the test disposes.</summary>
    /// <param name="look">Gives what is wrong, in words; nothing if nothing is. It waits, as long as <see cref="Patience.Max"/>, for what ends by and by.</param>
    /// <param name="end">Ends the harness, whether the test failed or not.</param>
    internal static void Look(Func<Task<IReadOnlyList<string>>> look, Func<ValueTask> end) =>
        _harnesses.GetOrAdd(TestContext.Current.Test?.UniqueID ?? throw new InvalidOperationException("A harness belongs to one test, which looks at it at its end."), static _ => new()).Enqueue((look, end));

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (_harnesses.TryRemove(test.UniqueID, out var harnesses))
        {
#pragma warning disable VSTHRD002 // The runner asks for an answer at once; on the pool nothing of the looking waits for the thread that is held here.
            var looking = Task.Run(() => LookAsync(harnesses));
            if (!looking.Wait(HoldMax))
            {
                _late.Enqueue((test.TestDisplayName, looking));
                return;
            }

            var found = looking.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            if (found.Count > 0)
            {
                Assert.Fail($"The test itself passed, but at its end:\n{string.Join('\n', found)}");
            }
        }
    }

    /// <summary>Waits, when all tests have ended, for the looks that took longer than a thread is held.</summary>
    public sealed class LateLooks : IAsyncLifetime
    {
        /// <inheritdoc/>
        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            List<string> found = [];
            while (_late.TryDequeue(out var late))
            {
                found.AddRange((await late.Looking).Select(what => $"{late.Test}: {what}"));
            }

            if (found.Count > 0)
            {
                throw new InvalidOperationException($"Something was left at the end of a test:\n{string.Join('\n', found)}");
            }
        }
    }

    private static async Task<IReadOnlyList<string>> LookAsync(IEnumerable<(Func<Task<IReadOnlyList<string>>> Look, Func<ValueTask> End)> harnesses)
    {
        List<string> found = [];
        foreach (var (look, end) in harnesses)
        {
            // A test that failed was left in the middle: what lies about then says nothing, and would be waited for in vain.
            if (TestContext.Current.TestState is not { Result: TestResult.Failed })
            {
                found.AddRange(await look());
            }

            await end();
        }

        return found;
    }
}
