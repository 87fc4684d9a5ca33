namespace Airlock.Core;

/// <summary>What a client's frame means to its connection.</summary>
public enum FrameMeaning
{
    /// <summary>Tell the lifecycle: HelloReceived.</summary>
    Hello,
    /// <summary>Tell the lifecycle: RefreshReceived.</summary>
    Refresh,
    /// <summary>Tell the lifecycle: ByeReceived, once everything that came before is stored.</summary>
    Bye,
    /// <summary>Hold the message within the credit (<see cref="EarlyMessages"/>).</summary>
    Hold,
    /// <summary>Apply the acknowledgement that the message carries, if any, and store the message; in this order, and only if the acknowledgement was applied.</summary>
    Store,
    /// <summary>Apply the acknowledgement.</summary>
    Acknowledge,
    /// <summary>Ask the session to stop handling a message.</summary>
    Stop,
    /// <summary>It says nothing but that the client is there, or it comes too late.</summary>
    Nothing,
    /// <summary>Close with <c>hello_missing</c>.</summary>
    CloseWithoutHello,
    /// <summary>Close with <c>frame_out_of_phase</c>.</summary>
    CloseOutOfPhase,
    /// <summary>Close with <c>unknown_frame</c>: only servers send this type.</summary>
    CloseUnknown,
}
