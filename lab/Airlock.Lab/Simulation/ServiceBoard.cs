namespace Airlock.Lab.Simulation;

/// <summary>The services that a server depends on, as they really are. A subject finds out in its own way.</summary>
public sealed class ServiceBoard
{
    private readonly Dictionary<string, bool> _services = [];
    private readonly Dictionary<string, bool> _optional = [];

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

    /// <summary>The services' names that nobody needs, in the order they were declared.</summary>
    public IReadOnlyCollection<string> OptionalNames => _optional.Keys;

    /// <summary>Declares a service that a server can do without. Before the server starts. It counts for nothing that is asked of <see cref="AreUp"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="up">Whether it is up.</param>
    public void DeclareOptional(string name, bool up) => _optional.Add(name, up);

    /// <summary>Whether one that nobody needs is up.</summary>
    /// <param name="name">Which.</param>
    public bool IsOptionalUp(string name) => _optional[name];

    /// <summary>Changes a service that nobody needs.</summary>
    /// <param name="name">Which.</param>
    /// <param name="up">Whether it is up now.</param>
    public void SetOptional(string name, bool up)
    {
        if (_optional[name] != up)
        {
            _optional[name] = up;
            Changed?.Invoke(name, up);
        }
    }

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
