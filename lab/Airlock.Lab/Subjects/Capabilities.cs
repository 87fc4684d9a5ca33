namespace Airlock.Lab.Subjects;

/// <summary>What a subject can do, as it says itself. A scenario or a property that needs more is not applicable to it: what an endpoint does not have is no race.</summary>
[Flags]
public enum Capabilities
{
    /// <summary>It takes connections, reads messages and answers them.</summary>
    None = 0,

    /// <summary>It finds out who has connected, and lets in nobody else.</summary>
    Authentication = 1 << 0,

    /// <summary>Every refusal and every close says why, in a close code's reason or in a refusal's cause.</summary>
    Causes = 1 << 1,

    /// <summary>It waits for the services that it depends on (<see cref="Simulation.ServiceBoard"/>) before it is ready.</summary>
    Services = 1 << 2,

    /// <summary>It ends a setup that takes longer than its settings allow (<see cref="Simulation.ServerSettings"/>).</summary>
    Deadlines = 1 << 3,

    /// <summary>It notices a peer that has gone without a word.</summary>
    Heartbeat = 1 << 4,

    /// <summary>It can close the connections of a user.</summary>
    Disconnect = 1 << 5,

    /// <summary>It can ask all connections to move elsewhere, and ends those that stay too long.</summary>
    Drain = 1 << 6,

    /// <summary>It can send a user something that nobody asked for.</summary>
    Push = 1 << 7,

    /// <summary>It sends an answer in parts.</summary>
    Streaming = 1 << 8,

    /// <summary>A client can ask that a message be not handled any further.</summary>
    Stop = 1 << 9,

    /// <summary>A handler that fails costs its message, and the client is told so.</summary>
    Failures = 1 << 10,

    /// <summary>A ticket lets one connection in, once.</summary>
    Tickets = 1 << 11,

    /// <summary>It asks for new credentials before the old ones expire.</summary>
    Refresh = 1 << 12,

    /// <summary>A session outlives its connection: the client dials again, and what was sent is handled once and answered.</summary>
    Sessions = 1 << 13,

    /// <summary>Its client can send frames of <c>airlock.v1</c> that its own rules would not let it send.</summary>
    Frames = 1 << 14,

    /// <summary>All of it, as the production driver does.</summary>
    All = (1 << 15) - 1,
}
