namespace Airlock.Server.Settings;

/// <summary>The settings of one section.</summary>
public interface ISettings
{
    /// <summary>What is wrong with them: one sentence for each, which names the key, its value and what is allowed. Nothing if all is well.</summary>
    IEnumerable<string> Faults();
}
