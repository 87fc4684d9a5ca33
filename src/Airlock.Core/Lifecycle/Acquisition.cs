namespace Airlock.Core;

/// <summary>Where an acquiring effect is. Each is completed or released exactly once.</summary>
/// <param name="Id">The effect's id, or 0 if there was none yet.</param>
/// <param name="Stage">How far it is.</param>
public readonly record struct Acquisition(int Id, AcquisitionStage Stage)
{
    internal bool Awaits(int id) => Stage == AcquisitionStage.Pending && Id == id;
}
