using Airlock.Core;
using Airlock.Lab.Traces;
using Microsoft.Extensions.Logging;

namespace Airlock.Lab.Subjects.Production;

/// <summary>Turns what the driver logs into a trace: its own account of every transition, refusal and end. Read by event id and field, as a log store would.</summary>
internal sealed class DriverLog(Trace trace) : ILogger
{
    private static readonly string[] _names =
    [
        .. Enum.GetValues<ConnectionState>().Select(static state => state switch
        {
            ConnectionState.ServicesReady => States.ServicesReady,
            ConnectionState.ProcessingReady => States.ProcessingReady,
            _ => state.ToString().ToUpperInvariant(),
        }),
    ];

    private readonly Dictionary<string, string> _connections = [];

    /// <summary>The connection that is being handed to the driver: an id not heard of before is its.</summary>
    public string? Starting { get; set; }

    /// <summary>Learns an id, if it is new and a connection is being handed over.</summary>
    public void Learn(string id)
    {
        if (Starting is { } connection && _connections.TryAdd(id, connection))
        {
            trace.Add(TraceKind.Registered, connection, id);
            trace.Add(TraceKind.MachineMade, connection, id, to: States.Connecting);
        }
    }

    /// <summary>The connection of the network that an id belongs to; empty if it is not known.</summary>
    public string ConnectionOf(string id) => _connections.GetValueOrDefault(id, "");

    /// <summary>The id of a connection of the network, or null.</summary>
    public string? IdOf(string connection) => _connections.FirstOrDefault(known => known.Value == connection).Key;

    public static string NameOf(ConnectionState state) => _names[(int)state];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> fields)
        {
            return;
        }

        var id = eventId.Id is (>= 1 and <= 4) or 14 ? (string)Field(fields, "Connection")! : "";
        if (eventId.Id is 1 or 2)
        {
            Learn(id);
        }

        switch (eventId.Id)
        {
            case 1:
                var (from, to) = ((ConnectionState)Field(fields, "From")!, (ConnectionState)Field(fields, "To")!);
                if (from != to)
                {
                    trace.Add(TraceKind.Moved, ConnectionOf(id), id, NameOf(from), NameOf(to));
                }

                Covered?.Invoke(from, (EventKind)Field(fields, "Event")!);
                break;
            case 2:
                Covered?.Invoke((ConnectionState)Field(fields, "State")!, (EventKind)Field(fields, "Event")!);
                break;
            case 3 or 4 or 14:
                trace.Add(TraceKind.Ended, ConnectionOf(id), (string)Field(fields, "Cause")!, number: (int)Field(fields, "Code")!);
                trace.Add(TraceKind.Unregistered, ConnectionOf(id), id);
                break;
            default:
                if (logLevel >= LogLevel.Error)
                {
                    trace.Add(TraceKind.Logged, "", logLevel.ToString(), eventId.Id is 5 or 6 ? "bug" : null, exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.GetType().Name}: {exception.Message}");
                }

                break;
        }
    }

    /// <summary>Told of each pair of state and event that the transition table was asked for.</summary>
    public Action<ConnectionState, EventKind>? Covered { get; init; }

    private static object? Field(IReadOnlyList<KeyValuePair<string, object?>> fields, string name)
    {
        for (var i = 0; i < fields.Count; i++)
        {
            var field = fields[i];
            if (field.Key == name)
            {
                return field.Value;
            }
        }

        return null;
    }
}
