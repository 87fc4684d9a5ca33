using Airlock.Hostile.Hosting;

namespace Airlock.Hostile;

/// <summary>One way to be hostile, or merely many.</summary>
internal abstract class Attack
{
    public abstract string Name { get; }

    /// <summary>One sentence for the help.</summary>
    public abstract string Summary { get; }

    /// <summary>How the server is set up.</summary>
    public abstract HostSettings Settings(bool isShort);

    /// <summary>Attacks, and says what it found.</summary>
    public abstract Task RunAsync(Arena arena);
}
