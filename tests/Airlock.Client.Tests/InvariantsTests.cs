using Airlock.Client.Tests.Reference;

namespace Airlock.Client.Tests;

public sealed class InvariantsTests
{
    public static TheoryData<string, string> Fields() => new(
        // Free is what a part was made with, what others count or say, and what may be forgotten at any time.
        FieldChanges.Of(typeof(Outbox), "_finished", "_unsettled").Select(static name => (nameof(Outbox), name))
            .Concat(FieldChanges.Of(typeof(Inbox), "bytesMax", "_open", "IsReleased").Select(static name => (nameof(Inbox), name)))
            .Concat(FieldChanges.Of(typeof(Session), "_seen", "_connections", "_user", "Instance", "Id", "Proof", "Attempt", "Generation", "Bye", "IsKept", "WasAttached", "Outbox", "Inbox").Select(static name => (nameof(Session), name))));

    [Theory]
    [InlineData("_seen", 5)]
    [InlineData("_connections", 65)]
    public void More_than_may_be_remembered_breaks_an_invariant(string list, int tooMany)
    {
        var session = new Conversation().ToReady().Core.Session;
        var items = (System.Collections.IList)typeof(Session).GetField(list, System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.GetValue(session)!;
        items.Clear();
        while (items.Count < tooMany - 1)
        {
            items.Add(list == "_seen" ? new Core.SeenClose { Connection = "c", Code = 1006 } : "c");
        }

        session.CheckInvariants();
        items.Add(items[0]);
        Assert.Contains("are remembered", Assert.Throws<System.Diagnostics.UnreachableException>(session.CheckInvariants).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_of_a_session_that_is_off_breaks_an_invariant(string part, string field) => FieldChanges.MustBeSeen(field, () =>
    {
        var at = new Conversation().ToReady(Conversation.Ready(window: 1));
        at.Send("first", "1");
        at.Written();
        at.Says("""{"t":"ack","a":1,"d":1}""");
        at.Send("second", "22");
        at.Send("third", "333");
        at.Written();
        at.Says("""{"t":"data","s":1,"b":"one"}""");
        at.Do(core => core.Handle(at.Now));
        at.Says("""{"t":"data","s":2,"b":"two"}""");
        var session = at.Core.Session;
        return (part switch { nameof(Outbox) => session.Outbox, nameof(Inbox) => session.Inbox, _ => session }, session.CheckInvariants);
    });
}
