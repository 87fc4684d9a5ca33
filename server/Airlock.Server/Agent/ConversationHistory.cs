using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Agent;

/// <summary>
/// What each user asked and was answered, for the life of the process, within <see cref="ConversationHistoryOptions"/>. A question and its
/// answer are kept as one exchange under the message's id, so a repeated attempt replaces and never adds. Any number of callers at once.
/// </summary>
public sealed class ConversationHistory(IOptions<ConversationHistoryOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Conversation>> _byUser = new(StringComparer.Ordinal);
    private readonly LinkedList<Conversation> _silentFirst = new();
    private readonly ConversationHistoryOptions _limits = options.Value;

    /// <summary>How many users are remembered now, and how many may be.</summary>
    public (int Users, int UsersMax) Occupancy
    {
        get
        {
            lock (_lock)
            {
                return (_byUser.Count, _limits.UsersMax);
            }
        }
    }

    /// <summary>The user's messages, oldest first, questions and answers in turn; empty for an unknown user.</summary>
    /// <param name="exceptMessageId">An exchange to leave out: the one that is being answered again.</param>
    public IReadOnlyList<ChatMessage> Recall(string user, string? exceptMessageId = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        lock (_lock)
        {
            return !_byUser.TryGetValue(user, out var node)
                ? []
                : [.. node.Value.Exchanges
                    .Where(exchange => exchange.MessageId != exceptMessageId)
                    .SelectMany(exchange => exchange.Messages())];
        }
    }

    /// <summary>Keeps a question and its final answer. The same message id again replaces both in their place.</summary>
    public void Remember(string user, string messageId, string question, string answer)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(messageId);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        var exchange = new Exchange(messageId, question, answer);
        lock (_lock)
        {
            if (_byUser.TryGetValue(user, out var node))
            {
                _silentFirst.Remove(node);
            }
            else
            {
                node = new LinkedListNode<Conversation>(new Conversation(user));
                _byUser.Add(user, node);
            }

            _silentFirst.AddLast(node);
            node.Value.Put(exchange, _limits);
            if (_byUser.Count > _limits.UsersMax)
            {
                _byUser.Remove(_silentFirst.First!.Value.User);
                _silentFirst.RemoveFirst();
            }
        }
    }

    private sealed record Exchange(string MessageId, string Question, string Answer)
    {
        public int Characters => Question.Length + Answer.Length;

        public IEnumerable<ChatMessage> Messages()
        {
            yield return new ChatMessage(ChatRole.User, Question) { MessageId = MessageId };
            yield return new ChatMessage(ChatRole.Assistant, Answer);
        }
    }

    private sealed class Conversation(string user)
    {
        public string User { get; } = user;

        public List<Exchange> Exchanges { get; } = [];

        public void Put(Exchange exchange, ConversationHistoryOptions limits)
        {
            var at = Exchanges.FindIndex(known => known.MessageId == exchange.MessageId);
            if (at >= 0)
            {
                Exchanges[at] = exchange;
            }
            else
            {
                Exchanges.Add(exchange);
            }

            var characters = Exchanges.Sum(known => (long)known.Characters);
            while (Exchanges.Count > 1
                && (Exchanges.Count * 2 > limits.MessagesPerUserMax || characters > limits.CharactersPerUserMax))
            {
                characters -= Exchanges[0].Characters;
                Exchanges.RemoveAt(0);
            }
        }
    }
}
