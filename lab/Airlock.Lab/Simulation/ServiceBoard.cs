namespace Airlock.Lab.Simulation;

/// <summary>The services that a server depends on, as they really are. A subject finds out in its own way.</summary>
public sealed class ServiceBoard
{
    private readonly Dictionary<string, bool> _services = [];

    /// <summary>Told of each change: the service, and whether it is up.</summary>
    public event Action<string, bool>? Changed;

    /// <summary>The services' names, in the order they were declared.</summary>
    public IReadOnlyCollection<string> Names => _services.Keys;

    /// <summary>Whether all are up.</summary>
    public bool AreUp => _services.Values.All(static up => up);

    /// <summary>Whether one is up.</summary>
    /// <param name="name">Which.</param>
    public bool IsUp(string name) => _services[name];

    /// <summary>Declares a service. Before the server starts.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="up">Whether it is up.</param>
    public void Declare(string name, bool up) => _services.Add(name, up);

    /// <summary>Changes a service.</summary>
    /// <param name="name">Which.</param>
    /// <param name="up">Whether it is up now.</param>
    public void Set(string name, bool up)
    {
        if (_services[name] != up)
        {
            _services[name] = up;
            Changed?.Invoke(name, up);
        }
    }
}
