namespace Airlock;

/// <summary>The places for turns under way, where their number is limited. Who finds none waits without a thread; endpoints that wait take turns, so that a busy one keeps no other out. Safe for concurrent use.</summary>
/// <remarks>Invariant: while a turn waits, every place is taken.</remarks>
internal sealed class TurnPlaces(int max)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(object Endpoint, LinkedList<TaskCompletionSource> Turns)> _lines = [];
    private int _taken;
    private int _waiting;

    /// <summary>How many places are taken.</summary>
    internal int Taken => Volatile.Read(ref _taken);

    /// <summary>How many turns wait for one.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Takes a place if one is free.</summary>
    internal bool TryEnter()
    {
        lock (_lock)
        {
            if (_taken == max)
            {
                return false;
            }

            _taken++;
            return true;
        }
    }

    /// <summary>Takes a place, in the order of asking within an endpoint.</summary>
    /// <param name="endpoint">Whose turn.</param>
    /// <param name="stop">Gives the wait up.</param>
    /// <exception cref="OperationCanceledException">It was given up; no place is taken.</exception>
    internal async Task EnterAsync(object endpoint, CancellationToken stop)
    {
        var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_taken < max)
            {
                _taken++;
                return;
            }

            var line = _lines.FirstOrDefault(l => ReferenceEquals(l.Endpoint, endpoint));
            if (line.Turns is null)
            {
                line = (endpoint, new LinkedList<TaskCompletionSource>());
                _lines.AddLast(line);
            }

            line.Turns.AddLast(place);
            _waiting++;
        }

        using var stopped = stop.UnsafeRegister(static (waits, token) => ((TaskCompletionSource)waits!).TrySetCanceled(token), place);
        try
        {
            await place.Task;
        }
        catch (OperationCanceledException)
        {
            Forget(endpoint, place);
            throw;
        }
    }

    /// <summary>Gives a place back, to the next that waits.</summary>
    internal void Leave()
    {
        while (Next() is { } place)
        {
            if (place.TrySetResult())
            {
                return;
            }
        }
    }

    /// <summary>Whose the place is now; null if nobody's, and then it is free.</summary>
    private TaskCompletionSource? Next()
    {
        lock (_lock)
        {
            if (_lines.First is not { } line)
            {
                _taken--;
                return null;
            }

            var place = line.Value.Turns.First!.Value;
            line.Value.Turns.RemoveFirst();
            _lines.RemoveFirst();
            _waiting--;
            if (line.Value.Turns.Count > 0)
            {
                _lines.AddLast(line);
            }

            return place;
        }
    }

    /// <summary>Takes one that no longer waits out of its line, if it is still there: lines hold nobody who is gone.</summary>
    private void Forget(object endpoint, TaskCompletionSource place)
    {
        lock (_lock)
        {
            var line = _lines.FirstOrDefault(l => ReferenceEquals(l.Endpoint, endpoint));
            if (line.Turns?.Remove(place) == true)
            {
                _waiting--;
                if (line.Turns.Count == 0)
                {
                    _lines.Remove(line);
                }
            }
        }
    }
}
