using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Airlock.Core;

namespace Airlock;

/// <summary>The handling of one message: what it is, and how to answer. Safe for concurrent use; of no use after the handler has returned.</summary>
public sealed class Turn
{
    private readonly ApplicationJson _json;
    private readonly long _stagedBytesMax;
    private readonly bool _isPlain;
    private readonly StoreCalls _store;
    private readonly ITurnRun _run;
    private readonly TurnTry _try;
    private readonly CancellationToken _stop;
    private long _stagedBytes;
    private bool _over;
    private volatile bool _hasStoreFailed;

    /// <param name="json">How payloads are read and written.</param>
    /// <param name="stagedBytesMax"><see cref="EndpointOptions.StagedBytesMax"/>.</param>
    /// <param name="isPlain">Whether payloads are raw text.</param>
    /// <param name="store">How the store is asked.</param>
    /// <param name="run">What runs the session's turns.</param>
    /// <param name="try">The message, and which try of it this is.</param>
    /// <param name="stop">Cancelled when the turn is to be stopped.</param>
    internal Turn(ApplicationJson json, long stagedBytesMax, bool isPlain, StoreCalls store, ITurnRun run, TurnTry @try, CancellationToken stop)
    {
        _json = json;
        _stagedBytesMax = stagedBytesMax;
        _isPlain = isPlain;
        _store = store;
        _run = run;
        _try = @try;
        _stop = stop;
    }

    /// <summary>The message's payload: one JSON value as UTF-8 (raw text in plain mode).</summary>
    public ReadOnlyMemory<byte> Message => _try.Message.Payload;

    /// <summary>The message's idempotency key. Give it to effects outside the session: a turn may run again after a crash.</summary>
    public string MessageId => _try.Message.Id;

    /// <summary>The message's number within the session.</summary>
    public long Sequence => _try.Message.Sequence;

    /// <summary>Which try this is, from 1.</summary>
    public int Try => _try.Number;

    /// <summary>The session's id. A secret of its client: do not log it.</summary>
    public string Session => _run.Log.Id;

    /// <summary>Who sent the message.</summary>
    public Principal Principal => _run.Log.Principal;

    /// <summary>The values of the route where the session was made, by the names of its parameters (<c>/rooms/{room}</c>: <c>turn.Route["room"]</c>). A parameter that was left out is not there.</summary>
    public IReadOnlyDictionary<string, string> Route => _run.Log.Route;

    /// <summary>Reads the message with the application's JSON.</summary>
    /// <typeparam name="T">What to read it as.</typeparam>
    /// <returns>The value, or null if the message is <c>null</c>.</returns>
    /// <exception cref="JsonException">The message is something else; unless caught, the try fails.</exception>
    /// <exception cref="NotSupportedException">Nobody says how to read the type.</exception>
    public T? As<T>() => _json.Read<T>(Message);

    /// <summary>As <see cref="As{T}()"/>, by a contract that is used as it stands.</summary>
    /// <param name="contract">How to read it.</param>
    /// <typeparam name="T">What to read it as.</typeparam>
    /// <returns>The value, or null if the message is <c>null</c>.</returns>
    /// <exception cref="JsonException">The message is something else; unless caught, the try fails.</exception>
    public T? As<T>(JsonTypeInfo<T> contract) => JsonSerializer.Deserialize(Message.Span, contract);

    /// <summary>Sends a provisional part at once. It becomes final when the turn commits and is withdrawn if the try fails.</summary>
    /// <param name="value">The part, written with the application's JSON; what is polymorphic keeps its discriminator, whatever it is declared as (in plain mode: staged as <see cref="SendAsync{T}(T)"/> does, since raw text cannot be withdrawn).</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>When it is in the outbox; waits while the client leaves too much unacknowledged.</returns>
    /// <exception cref="ArgumentException">It cannot be written as a payload: no Unicode (half of a surrogate pair), a cycle, more than 62 levels, or too large. Nothing was sent.</exception>
    /// <exception cref="NotSupportedException">Nobody says how to write the type.</exception>
    /// <exception cref="OperationCanceledException">The session has ended, or the turn was stopped while waiting.</exception>
    public ValueTask StreamAsync<T>(T value) => AppendAsync(Write(value));

    /// <summary>As <see cref="StreamAsync{T}(T)"/>, by a contract that is used as it stands.</summary>
    /// <param name="value">The part.</param>
    /// <param name="contract">How to write it.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="ArgumentException">It cannot be written as a payload.</exception>
    public ValueTask StreamAsync<T>(T value, JsonTypeInfo<T> contract) => AppendAsync(ApplicationJson.Write(value, contract));

    /// <summary>As <see cref="StreamAsync{T}(T)"/>, for a payload that is JSON already.</summary>
    /// <param name="payload">One JSON value as UTF-8 (raw text, in plain mode); not changed afterwards.</param>
    /// <exception cref="ArgumentException">It is not, or it is too large.</exception>
    public ValueTask StreamRawAsync(ReadOnlyMemory<byte> payload)
    {
        Check(payload);
        return AppendAsync(payload);
    }

    /// <summary>Stages a reply: it is sent when the turn commits, in one step with the message being done.</summary>
    /// <param name="value">The reply, written with the application's JSON; what is polymorphic keeps its discriminator, whatever it is declared as.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="ArgumentException">It cannot be written as a payload: no Unicode (half of a surrogate pair), a cycle, more than 62 levels, or too large.</exception>
    /// <exception cref="NotSupportedException">Nobody says how to write the type.</exception>
    /// <exception cref="InvalidOperationException">More is staged than <see cref="EndpointOptions.StagedBytesMax"/>.</exception>
    public ValueTask SendAsync<T>(T value)
    {
        Stage(Write(value));
        return ValueTask.CompletedTask;
    }

    /// <summary>As <see cref="SendAsync{T}(T)"/>, by a contract that is used as it stands.</summary>
    /// <param name="value">The reply.</param>
    /// <param name="contract">How to write it.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="ArgumentException">It cannot be written as a payload.</exception>
    public ValueTask SendAsync<T>(T value, JsonTypeInfo<T> contract)
    {
        Stage(ApplicationJson.Write(value, contract));
        return ValueTask.CompletedTask;
    }

    /// <summary>As <see cref="SendAsync{T}(T)"/>, for a payload that is JSON already (or raw text, in plain mode).</summary>
    /// <param name="payload">One JSON value as UTF-8; not changed afterwards.</param>
    /// <exception cref="ArgumentException">It is not, or it is too large.</exception>
    public ValueTask SendRawAsync(ReadOnlyMemory<byte> payload)
    {
        Check(payload);
        Stage(payload);
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether the store did not take what this turn streamed.</summary>
    internal bool HasStoreFailed => _hasStoreFailed;

    /// <summary>Ends the turn's use and hands over what was staged.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Finish()
    {
        lock (_run.Lock)
        {
            _over = true;
            return _run.Staged;
        }
    }

    private async ValueTask AppendAsync(ReadOnlyMemory<byte> payload)
    {
        if (_isPlain)
        {
            Stage(payload);
            return;
        }

        while (true)
        {
            ThrowIfOver();
            TurnVerdict verdict;
            try
            {
                verdict = await _store.WatchAsync(_run, _run.Log.StreamAsync(_try, payload), _stop);
                if (verdict == TurnVerdict.Full)
                {
                    await _run.Log.RoomAsync(_stop);
                }
            }
            catch (Exception) when (!_stop.IsCancellationRequested)
            {
                _hasStoreFailed = true;
                throw;
            }

            switch (verdict)
            {
                case TurnVerdict.Applied:
                    return;
                case TurnVerdict.Fenced:
                    throw new OperationCanceledException("The session has ended, or another try has taken this one's place.", _stop);
            }
        }
    }

    private void Stage(ReadOnlyMemory<byte> payload)
    {
        lock (_run.Lock)
        {
            ThrowIfOver();
            if (_stagedBytes + payload.Length > _stagedBytesMax)
            {
                throw new InvalidOperationException($"A turn may stage {_stagedBytesMax} bytes; raise {nameof(EndpointOptions.StagedBytesMax)} or stream the parts.");
            }

            _stagedBytes += payload.Length;
            _run.Staged.Add(payload);
        }
    }

    private void ThrowIfOver()
    {
        if (_over)
        {
            throw new InvalidOperationException("The turn is over: its handler has returned. Use Sessions to send from elsewhere.");
        }
    }

    private ReadOnlyMemory<byte> Write<T>(T value) =>
        _isPlain && value is string text ? Payload.Encode(text) : _json.Write(value);

    private void Check(ReadOnlyMemory<byte> payload)
    {
        if (payload.Equals(Message))
        {
            // The message itself, which was checked when it came; but a client may send more than it may be sent.
            Payload.CheckSize(payload);
            return;
        }

        if (_isPlain)
        {
            Payload.CheckText(payload);
        }
        else
        {
            Payload.CheckJson(payload);
        }
    }
}
