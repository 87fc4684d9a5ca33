namespace Airlock.Client;

/// <summary>What a <see cref="ServerMessage"/> is.</summary>
public enum MessageKind
{
    /// <summary>An application message; look at <see cref="ServerMessage.Provisional"/>.</summary>
    Data,
    /// <summary>What was provisional of this answer's try is final now.</summary>
    End,
    /// <summary>What was provisional of this answer's try is withdrawn: forget it.</summary>
    Void,
    /// <summary>The client's message was refused; its receipt tells as well.</summary>
    Nack,
    /// <summary>The session was lost and a new one has begun; <see cref="ServerMessage.Lost"/> tells what is known to be missing. With <see cref="AirlockClientOptions.State"/> it comes first for a session that the earlier process was not told about.</summary>
    Lost,
    /// <summary>Pushes that nobody asked for did not fit into what the server keeps for this client and will not come; <see cref="ServerMessage.Missed"/> tells how many.</summary>
    Gap,
}
