namespace Airlock;

/// <summary>Whether somebody writes to a connection's socket.</summary>
internal enum WriterState
{
    /// <summary>Nobody: who has something to send begins.</summary>
    Idle,

    /// <summary>Somebody does, and has seen all that was queued.</summary>
    Writing,

    /// <summary>Somebody does, and looks once more before it rests.</summary>
    Again,

    /// <summary>Somebody does, and rests as soon as its write is over: the connection has ended.</summary>
    Ending,

    /// <summary>Nobody ever again.</summary>
    Ended,
}
