using System.Text;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>Where a client stands, to be kept across a restart of its process. Immutable; System.Text.Json reads and writes it. It holds the session's id and its proof, which are secrets.</summary>
public sealed record AirlockClientState
{
    /// <summary>The client's instance.</summary>
    public required string Instance { get; init; }

    /// <summary>The user the messages belong to; null if anonymous or not known yet.</summary>
    public string? User { get; init; }

    /// <summary>The session's id, or null if there is none.</summary>
    public string? Session { get; init; }

    /// <summary>What shows that the session belongs to this client, if its user is anonymous; else null. A secret.</summary>
    public string? Proof { get; init; }

    /// <summary>The highest attempt used.</summary>
    public long Attempt { get; init; }

    /// <summary>The session's generation when it was last attached.</summary>
    public long Generation { get; init; }

    /// <summary>The highest server number that was handled.</summary>
    public long Received { get; init; }

    /// <summary>The highest number of the client's own messages that is finished.</summary>
    public long Done { get; init; }

    /// <summary>The highest number of the client's own messages when the application said that the session is to end; null if it has not. A later client ends that session first, and sends in a new one what comes after.</summary>
    public long? Bye { get; init; }

    /// <summary>The unfinished messages, in order: their numbers are <see cref="Done"/> + 1 and on.</summary>
    public IReadOnlyList<Message> Messages { get; init; } = [];

    /// <summary>Finished messages that the server's unhandled messages may refer to.</summary>
    public IReadOnlyList<Answered> Finished { get; init; } = [];

    /// <summary>Tries whose provisional data was handled and is neither final nor withdrawn.</summary>
    public IReadOnlyList<Provisional> Open { get; init; } = [];

    /// <summary>Sessions before the present one that are lost, or were given up, oldest first, where the application has not been told yet: a later client tells it first. At most the last 64.</summary>
    public IReadOnlyList<Loss> Losses { get; init; } = [];

    /// <summary>Leaves out the session's id, the proof and the payloads: this may end in a log.</summary>
    public override string ToString() => $"attempt {Attempt}, received {Received}, done {Done}, {Messages.Count} unfinished";

    internal void Check()
    {
        var good = IsName(Instance) && (Session is null || IsName(Session)) && (Proof is null || Core.Proof.IsGood(Proof))
            && IsPosition(Attempt) && IsPosition(Generation) && IsPosition(Received) && IsPosition(Done) && (Bye is null || (Session is not null && Bye >= Done && IsPosition(Bye.Value)))
            && Are(Messages, static message => message.Id is not null && MessageId.IsValid(message.Id) && message.Payload is not null && Payload.IsOneJsonValue(Encoding.UTF8.GetBytes(message.Payload)) && (message.Refused is null || IsName(message.Refused.Cause)))
            && Messages.DistinctBy(static message => message.Id).Count() == Messages.Count
            && Are(Finished, entry => entry.Id is not null && IsPosition(entry.Sequence) && entry.Sequence <= Done) && Are(Open, static entry => entry.Sequence > 0 && entry.Try > 0)
            && Are(Losses, static loss => Are(loss.Open, static entry => entry.Sequence > 0 && entry.Try > 0)
                && Are(loss.Missing, static range => range.From is > 0 and <= WireLimits.SequenceMax && range.To is null or <= WireLimits.SequenceMax && !(range.To < range.From)));
        if (!good)
        {
            throw new ArgumentException("The state was not made by Export, or has been damaged.");
        }
    }

    private static bool IsName(string? name) => name is { Length: > 0 and <= WireLimits.NameLengthMax } && !name.Any(char.IsControl);

    /// <summary>Whether all are good. What was read from a damaged file may be null, whatever its type says.</summary>
    private static bool Are<T>(IReadOnlyList<T>? items, Func<T, bool> isGood) => items is not null && items.All(item => item is not null && isGood(item));

    private bool IsPosition(long number) => number is >= 0 and <= WireLimits.SequenceMax && (Session is not null || number == 0);

    /// <summary>An unfinished message.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Payload">Its payload: JSON text.</param>
    /// <param name="Stop">Whether it is to be stopped.</param>
    public sealed record Message(string Id, string Payload, bool Stop)
    {
        /// <summary>Whether the server has said that a stop ended it; a later client is not told that again.</summary>
        public bool Stopped { get; init; }

        /// <summary>How the server has refused it, or null; a later client is not told that again.</summary>
        public Refusal? Refused { get; init; }
    }

    /// <summary>Why a message was not processed.</summary>
    /// <param name="Cause">The server's cause.</param>
    /// <param name="Status">For <c>duplicate</c>: what became of the first; else null.</param>
    public sealed record Refusal(string Cause, string? Status);

    /// <summary>A finished message.</summary>
    /// <param name="Sequence">Its number.</param>
    /// <param name="Id">Its id.</param>
    public sealed record Answered(long Sequence, string Id);

    /// <summary>A session that is lost.</summary>
    /// <param name="Missing">Its numbers that were not handled and will not come, or were never finished.</param>
    /// <param name="Open">Its tries whose provisional data was handled and is to be withdrawn.</param>
    public sealed record Loss(IReadOnlyList<LostRange> Missing, IReadOnlyList<Provisional> Open);

    /// <summary>A try that streamed.</summary>
    /// <param name="Sequence">The number of the message it answers.</param>
    /// <param name="Try">Which try.</param>
    /// <param name="Id">The id of the message it answers, if it is known.</param>
    public sealed record Provisional(long Sequence, int Try, string? Id);
}
