using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>A session of a <see cref="ModelServer"/>, with everything that it ever appended and handled.</summary>
internal sealed class ModelSession(ModelServer server, string id, SessionCore core)
{
    public string Id { get; } = id;

    public SessionCore Core { get; } = core;

    public List<OutboxEntry> Log { get; } = [];

    public List<string> Handled { get; } = [];

    public ModelConnection? Connection { get; set; }

    /// <summary>Whether a message is being handled.</summary>
    public bool Works { get; set; }

    public void Do(Action<SessionCore> act)
    {
        act(Core);
        Keep();
        server.Work(this);
        Connection?.Flush();
    }

    /// <summary>Takes down what was appended: room that an acknowledgement makes lets a gap in, too.</summary>
    public void Keep()
    {
        while (Core.Outbox.After(Log.Count) is { } entry)
        {
            Log.Add(entry);
        }
    }
}
