namespace Airlock.Lab.Wire;

/// <summary>How a subject's process is started.</summary>
internal sealed record WireHostOptions
{
    /// <summary>Whether the service that connections wait for is there from the start; else it comes when it is told to. Default: true.</summary>
    public bool ServicesUp { get; init; } = true;

    /// <summary>How long a connection waits for it. Default: longer than any run.</summary>
    public TimeSpan ServicesTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether users must show a token signed with the lab's key. Default: true.</summary>
    public bool AsksForTokens { get; init; } = true;

    /// <summary>The port to listen on. Default: a free one.</summary>
    public int Port { get; init; }
}
