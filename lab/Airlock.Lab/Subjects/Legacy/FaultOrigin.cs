namespace Airlock.Lab.Subjects.Legacy;

/// <summary>Whose a fault of the legacy model is.</summary>
public enum FaultOrigin
{
    /// <summary>The incident's endpoint had it, on the way of its connections.</summary>
    Endpoint,

    /// <summary>The incident's code had it, where its endpoint did not come: a part that it never used, or that came later.</summary>
    Beside,

    /// <summary>The incident did not have it: the model's own, so that one of the post-mortem's tests, or a race next door, has something to be red on.</summary>
    Model,
}
