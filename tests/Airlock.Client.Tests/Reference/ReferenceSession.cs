using System.Text;
using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>A session of the reference server: the real core behind one lock.</summary>
public sealed class ReferenceSession(string id, SessionCore core)
{
    public string Id { get; } = id;

    /// <summary>Its lock is this object.</summary>
    public SessionCore Core { get; } = core;

    /// <summary>The messages that were handled, in order.</summary>
    public List<InboxMessage> Handled { get; } = [];

    public ReferenceConnection? Connection { get; set; }

    /// <summary>Streams the message back in two parts, then commits a reply.</summary>
    public void Echo(InboxMessage message)
    {
        var @try = Core.BeginTry();
        Core.Stream(message.Sequence, @try, message.Payload);
        Core.Stream(message.Sequence, @try, message.Payload);
        Core.Commit(message.Sequence, @try, [message.Payload], stopped: false);
    }

    public void Push(string json)
    {
        lock (this)
        {
            Core.Push(Encoding.UTF8.GetBytes(json));
            Connection?.Wake();
        }
    }

    /// <summary>Does something to the session, and lets its connection write what came of it.</summary>
    public void Do(Action<SessionCore> act)
    {
        lock (this)
        {
            act(Core);
            Connection?.Wake();
        }
    }
}
