namespace Airlock.Tests.Harness;

/// <summary>A store whose attach a test can hold back or let fail.</summary>
internal sealed class HeldStore(ISessionStore store) : ISessionStore
{
    public Task Attaching { get; set; } = Task.CompletedTask;

    /// <summary>What the connection gets in place of the session's log.</summary>
    public Func<ISessionLog, ISessionLog> Wrap { get; set; } = static log => log;

    public TaskCompletionSource AttachAsked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask<AttachOutcome> AttachAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        AttachAsked.TrySetResult();
        await Attaching;
        var outcome = await store.AttachAsync(request, CancellationToken.None);
        return outcome.Log is null ? outcome : outcome with { Log = Wrap(outcome.Log) };
    }

    public Task Finding { get; set; } = Task.CompletedTask;

    public async ValueTask<IReadOnlyList<ISessionLog>> FindAsync(SessionTarget target, CancellationToken cancellationToken)
    {
        await Finding.WaitAsync(cancellationToken);
        return await store.FindAsync(target, cancellationToken);
    }

    public ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken) => store.SetGroupAsync(session, group, member, cancellationToken);
}
