namespace Airlock.Lab.Hosts;

/// <summary>What is hosted.</summary>
public enum HostSubject
{
    /// <summary>The incident's endpoint, with the faults that are switched on.</summary>
    Legacy,

    /// <summary>Airlock as it is shipped.</summary>
    Airlock,

    /// <summary>A WebSocket endpoint of bare ASP.NET Core. Reported, not judged.</summary>
    Plain,

    /// <summary>A SignalR hub. Reported, not judged.</summary>
    SignalR,
}
