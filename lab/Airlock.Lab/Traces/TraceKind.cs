namespace Airlock.Lab.Traces;

/// <summary>What a line of a trace says. Each comment tells what <see cref="TraceEvent.Name"/>, <see cref="TraceEvent.From"/>, <see cref="TraceEvent.To"/> and <see cref="TraceEvent.Number"/> mean.</summary>
public enum TraceKind
{
    /// <summary>A client has dialed. Name: its user. Number: how many milliseconds after the upgrade the server must have made it ready, refused it or closed it; 0 if the lab cannot hold it to that.</summary>
    Dialed,

    /// <summary>A connection was entered in an index of the server. Name: under which id.</summary>
    Registered,

    /// <summary>A connection was taken out of an index of the server. Name: the id.</summary>
    Unregistered,

    /// <summary>A state machine for the connection was made. Name: its id. To: its first state.</summary>
    MachineMade,

    /// <summary>A state machine changed its state. Name: its id. From, To: the states.</summary>
    Moved,

    /// <summary>A state machine was asked to go where it may not, and refused. Name: its id. From: its state. To: the state wanted.</summary>
    MoveRefused,

    /// <summary>The server accepted the upgrade.</summary>
    UpgradeAccepted,

    /// <summary>The server refused the upgrade. Number: the HTTP status. Name: the cause, or null.</summary>
    UpgradeRefused,

    /// <summary>A user context was made for the connection. Name: the user. To: the context's id.</summary>
    ContextMade,

    /// <summary>The server told the client that it is ready. Name: the connection's id as told.</summary>
    ReadyAnnounced,

    /// <summary>The server sent a message on the transport.</summary>
    Sent,

    /// <summary>The server got a message from the transport.</summary>
    Received,

    /// <summary>The server used the transport when it may not. Name: how.</summary>
    TransportMisused,

    /// <summary>The application's handler was given a message. Name: the message's id. From: the user it is handled for. To: the session. Number: its number.</summary>
    HandlingBegan,

    /// <summary>The application's handler is done with a message. Name: the message's id. From: the user. To: the session.</summary>
    HandlingEnded,

    /// <summary>The server sent a close frame. Number: the code. Name: the cause, or null.</summary>
    ServerClosed,

    /// <summary>The connection is over for the server. Name: the cause, or null. Number: the code, 0 if it knows none.</summary>
    Ended,

    /// <summary>The server logged a line. Name: the level, as its framework writes it (see <see cref="TraceEvent.IsError"/>). From: <c>bug</c> if it says that it is a bug of its own, else null. To: the text.</summary>
    Logged,

    /// <summary>Something was left over after the end. Name: what. To: of what.</summary>
    LeftOver,

    /// <summary>The client's application wants a message sent. Name: the message's id. From: the client. To: its user.</summary>
    ClientSent,

    /// <summary>The client's application got the answer to a message. Name: the message's id. From: the client. To: the user named in it.</summary>
    ClientAnswered,

    /// <summary>The client's application was told that a message will not be handled, or may be lost. Name: the message's id. From: the client. To: the cause.</summary>
    ClientRefused,

    /// <summary>The client was told that its connection is ready. Actor: the client.</summary>
    ClientReady,

    /// <summary>The client's connection is over. Actor: the client. Number: the close code (1006 without one; below 1000 an HTTP status). Name: the cause, or null.</summary>
    ClientClosed,

    /// <summary>A client's application got a message from the server. From: the client. To: the session. Number: the message's number. Name: its kind (data, end, void, nack, lost).</summary>
    ClientGot,

    /// <summary>A client got provisional data, or what ends it. Name: <c>data</c>, <c>end</c> or <c>void</c>. From: the try. To: the session, as the client calls it. Number: the message that it answers.</summary>
    ClientProvisional,

    /// <summary>A client leaves for good. From: the client. Name: <c>bye</c> if the server finishes what it has been sent, <c>close</c> if the client gives up what is not answered yet.</summary>
    ClientLeft,

    /// <summary>A session was attached to the connection. Name: the session. Number: the generation. From: how much of the client's it has stored. To: new or resumed.</summary>
    Attached,

    /// <summary>An attachment is over. Name: the session. Number: the generation.</summary>
    Detached,

    /// <summary>A session's store was asked to keep a message. Name: the session. Number: the message's number. From: the generation that asks. To: the verdict.</summary>
    Stored,

    /// <summary>What a number stands for: Name: the session and the direction. Number: the number. To: a digest of the content.</summary>
    Denoted,

    /// <summary>A session's counters. Name: the session. From: done. To: stored. Number: the window.</summary>
    Positions,

    /// <summary>A try of a message began. Name: the session. Number: the message's number. From: the try.</summary>
    TryBegan,

    /// <summary>A try of a message is over. Name: the session. Number: the message's number. From: the try. To: how.</summary>
    TryEnded,

    /// <summary>Something was acquired that must be released once. Name: what. To: for whom.</summary>
    Acquired,

    /// <summary>Something acquired was released. Name: what. To: for whom.</summary>
    Released,

    /// <summary>Something that the scenario expects of every subject did not come. Name: what.</summary>
    Missed,

    /// <summary>A fault of the surroundings. Name: what; it begins with <c>store</c> if the session store failed.</summary>
    Fault,

    /// <summary>What an object of the subject promises of itself does not hold. Name: whose it is. To: which and what, in its own words.</summary>
    Broken,

    /// <summary>What surrounds the subject beside the scenario; before anything else. Name: in words.</summary>
    Surrounded,
}
