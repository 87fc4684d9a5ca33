using System.Diagnostics;
using System.Reflection;

namespace Airlock.Core.Tests;

public sealed class InvariantsTests
{
    public static TheoryData<string, string> Fields() => new(
        // Free is what a part was made with, and what others count or say.
        FieldChanges.Of(typeof(Inbox), "_window").Select(static name => (nameof(Inbox), name))
            .Concat(FieldChanges.Of(typeof(Outbox), "_entriesMax", "_bytesMax").Select(static name => (nameof(Outbox), name)))
            .Concat(FieldChanges.Of(typeof(SessionCore), "Inbox", "Outbox", "Features", "Generation", "_attempt", "InputEnded").Select(static name => (nameof(SessionCore), name))));

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_of_a_session_that_is_off_breaks_an_invariant(string part, string field) => FieldChanges.MustBeSeen(field, () =>
    {
        var session = Busy();
        return (part switch { nameof(Inbox) => session.Inbox, nameof(Outbox) => session.Outbox, _ => session }, session.CheckInvariants);
    });

    [Fact]
    public void A_try_of_nothing_breaks_an_invariant()
    {
        var session = new SessionCore("c1", 1, new SessionLimits(), SessionFeatures.Gap);
        session.CheckInvariants();
        FieldOf(typeof(SessionCore), "_try").SetValue(session, 1);
        Assert.Contains("try 1 of nothing", Assert.Throws<UnreachableException>(session.CheckInvariants).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_messages_that_are_not_in_order_break_an_invariant()
    {
        var session = Busy();
        var field = FieldOf(typeof(Inbox), "_unfinished");
        field.SetValue(session.Inbox, new Queue<InboxMessage>(((Queue<InboxMessage>)field.GetValue(session.Inbox)!).Reverse()));
        Assert.Contains("not in order", Assert.Throws<UnreachableException>(session.CheckInvariants).Message, StringComparison.Ordinal);
    }

    private static FieldInfo FieldOf(Type type, string name) => type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!;

    /// <summary>Attached, with a message done and two stored, and a try that has streamed; some of what it sent is acknowledged.</summary>
    private static SessionCore Busy()
    {
        var session = new SessionCore("c1", 1, new SessionLimits { Window = 8, OutboxEntriesMax = 8 }, SessionFeatures.Gap);
        for (var sequence = 1; sequence <= 3; sequence++)
        {
            Assert.Equal(AppendVerdict.Stored, session.Append(1, sequence, $"m{sequence}", new[] { (byte)sequence }));
        }

        Assert.Equal(TurnVerdict.Applied, session.Commit(1, session.BeginTry(), [new byte[3]], stopped: false));
        Assert.Equal(TurnVerdict.Applied, session.Push(new byte[2]));
        Assert.Equal(TurnVerdict.Applied, session.Stream(2, session.BeginTry(), new byte[1]));
        Assert.Equal(AckVerdict.Applied, session.Acknowledge(1, 1));
        return session;
    }
}
