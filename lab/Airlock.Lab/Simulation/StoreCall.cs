namespace Airlock.Lab.Simulation;

/// <summary>A call to a session store that can be slow or fail.</summary>
public enum StoreCall
{
    Attach,
    Append,
    Acknowledge,
    Commit,
}
