using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>What a client sends is handled once and in order, and the client hears what became of it.</summary>
/// <remarks>A message may stay without an answer only if its client knows that it must ask again: its connection ended with a cause, or was cut by the surroundings, or the client gave up by itself.</remarks>
public sealed class DeliveredOnce : Checker
{
    /// <inheritdoc/>
    public override string Name => "delivered-once";

    /// <inheritdoc/>
    public override string Property => "Every message of a client that stays is handled exactly once, in order, and answered, or refused with a cause.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var events = trace.Span;
        var messages = new Dictionary<string, Message>();
        var clients = new Dictionary<string, Sender>();
        var tries = new Dictionary<(string Session, long Number), string>();
        var committed = new HashSet<(string Session, long Number)>();
        var struck = new HashSet<string>();
        for (var i = 0; i < events.Length; i++)
        {
            ref readonly var e = ref events[i];
            var violation = e.Kind switch
            {
                TraceKind.ClientSent => Send(e, i),
                TraceKind.HandlingBegan => Handle(e),
                TraceKind.ClientAnswered => Answer(e),
                TraceKind.ClientRefused => Refuse(e),
                _ => null,
            };
            if (violation is not null)
            {
                return violation;
            }

            switch (e.Kind)
            {
                case TraceKind.TryBegan:
                    tries[(e.Name!, e.Number)] = e.From!;
                    break;
                case TraceKind.TryEnded when e.To!.EndsWith("Applied", StringComparison.Ordinal) && e.To.StartsWith("commit", StringComparison.Ordinal):
                    committed.Add((e.Name!, e.Number));
                    break;
                case TraceKind.Fault:
                // What the server says for its close the network may swallow.
                case TraceKind.ServerClosed when e.Number != 1000 && !string.IsNullOrEmpty(e.Name):
                    struck.Add(e.Connection);
                    break;
                case TraceKind.ClientLeft:
                    var leaver = Of(e.From!);
                    (leaver.Left, leaver.LeftAt) = (e.Name, i);
                    break;
                case TraceKind.ClientGot when e.Name == "lost" && e.To!.StartsWith("down", StringComparison.Ordinal):
                    Of(e.From!).Lost = i;
                    break;
                // The end of a connection that the client has given up long ago says nothing of the one it uses.
                case TraceKind.ClientClosed when Of(e.Actor) is var closed && (closed.Connection is null || NumberOf(closed.Connection) <= NumberOf(e.Connection)):
                    (closed.Closed, closed.Code, closed.Cause, closed.Connection) = (i, e.Number, e.Name, e.Connection);
                    break;
            }
        }

        foreach (var (id, message) in messages)
        {
            if (!message.IsSettled && !IsExplained(message))
            {
                return $"Message {id} of {message.Sender.Name} is {(message.Session is null ? "never handled" : "handled but never answered")}, and nothing tells the client why.";
            }
        }

        return null;

        Sender Of(string client)
        {
            if (!clients.TryGetValue(client, out var sender))
            {
                clients.Add(client, sender = new Sender(client));
            }

            return sender;
        }

        string? Send(in TraceEvent e, int at)
        {
            var sender = Of(e.From!);
            return messages.TryAdd(e.Name!, new Message(sender, ++sender.Sent, at)) ? null : $"At step {e.Step} {e.From} sends message {e.Name} again.";
        }

        string? Handle(in TraceEvent e)
        {
            if (!messages.TryGetValue(e.Name!, out var message))
            {
                return $"At step {e.Step} message {e.Name} is handled, which nobody has sent.";
            }

            var attempt = tries.GetValueOrDefault((e.To!, e.Number));
            if (message.Session is null)
            {
                if (message.Order < message.Sender.Handled)
                {
                    return $"At step {e.Step} message {e.Name} is handled after a message that {message.Sender.Name} sent later.";
                }

                message.Sender.Handled = message.Order;
            }
            else if ((message.Session, message.Number) == (e.To, e.Number) ? attempt is null || attempt == message.Try : committed.Contains((message.Session, message.Number)))
            {
                return $"At step {e.Step} message {e.Name} is handled twice.";
            }

            (message.Session, message.Number, message.Try) = (e.To, e.Number, attempt);
            return null;
        }

        string? Answer(in TraceEvent e)
        {
            if (!messages.TryGetValue(e.Name!, out var message))
            {
                return $"At step {e.Step} message {e.Name} is answered, which nobody has sent.";
            }

            if (message.Session is null)
            {
                return $"At step {e.Step} message {e.Name} is answered, but it was never handled.";
            }

            if (message.IsSettled)
            {
                return $"At step {e.Step} message {e.Name} is answered, and its client has got an answer or a refusal already.";
            }

            if (message.Order < message.Sender.Answered)
            {
                return $"At step {e.Step} message {e.Name} is answered after a message that {message.Sender.Name} sent later.";
            }

            message.IsSettled = true;
            message.Sender.Answered = message.Order;
            return null;
        }

        string? Refuse(in TraceEvent e)
        {
            if (!messages.TryGetValue(e.Name!, out var message))
            {
                return $"At step {e.Step} message {e.Name} is refused, which nobody has sent.";
            }

            if (string.IsNullOrEmpty(e.To))
            {
                return $"At step {e.Step} message {e.Name} is refused without a cause.";
            }

            // Who asks in a new session for what was answered in the old one is told so.
            if (message.IsSettled && e.To != "duplicate")
            {
                return $"At step {e.Step} message {e.Name} is refused ({e.To}), and its client has got an answer or a refusal already.";
            }

            message.IsSettled = true;
            return null;
        }

        bool IsExplained(Message message)
        {
            var sender = message.Sender;
            // Its answer was in what the client was told is lost, or the client gave up while the connection still stood.
            if (sender.Lost > message.At || (sender.Left == "close" && (sender.Closed < 0 || sender.Closed > sender.LeftAt)))
            {
                return true;
            }

            // Sent after the end of the last connection it just lies there; the client knows.
            return sender.Closed >= 0 && (sender.Closed < message.At ? sender.Left is not null : struck.Contains(sender.Connection!) || IsWord(sender));
        }
    }

    /// <summary>Whether the end tells that something may be open: any cause but that all is done.</summary>
    private static bool IsWord(Sender sender) => sender.Code == 1000 ? sender.Cause == "client_closed" : !string.IsNullOrEmpty(sender.Cause);

    private static int NumberOf(string connection) => int.TryParse(connection.AsSpan(1), out var number) ? number : 0;

    private sealed class Sender(string name)
    {
        public string Name => name;

        public int Sent { get; set; }

        public int Handled { get; set; }

        public int Answered { get; set; }

        public string? Left { get; set; }

        public int LeftAt { get; set; } = -1;

        public int Lost { get; set; } = -1;

        public int Closed { get; set; } = -1;

        public long Code { get; set; }

        public string? Cause { get; set; }

        public string? Connection { get; set; }
    }

    private sealed class Message(Sender sender, int order, int at)
    {
        public Sender Sender => sender;

        public int Order => order;

        public int At => at;

        public string? Session { get; set; }

        public long Number { get; set; }

        public string? Try { get; set; }

        public bool IsSettled { get; set; }
    }
}
