using Airlock.Server.Settings;

namespace Airlock.Server.Agent;

/// <summary>The limits of the conversation history, read from the configuration section <c>Agent:History</c> and checked at start.</summary>
public sealed class ConversationHistoryOptions
{
    /// <summary>How many messages are kept of one user, questions and answers together. 2 to 10,000. Default: 40. The oldest go first.</summary>
    public int MessagesPerUserMax { get; set; } = 40;

    /// <summary>
    /// How many characters are kept of one user. 1,000 to 10,000,000. Default: 200,000. The oldest go first, but the last question and
    /// answer are always kept.
    /// </summary>
    public int CharactersPerUserMax { get; set; } = 200_000;

    /// <summary>How many users are remembered. 1 to 1,000,000. Default: 1,000. The one who was silent longest goes first.</summary>
    public int UsersMax { get; set; } = 1_000;

    /// <summary>What is wrong with them; nothing if all is well.</summary>
    internal IEnumerable<string> Faults() =>
    [
        .. SettingsShape.OutOfRange("Agent:History:MessagesPerUserMax", MessagesPerUserMax, 2, 10_000),
        .. SettingsShape.OutOfRange("Agent:History:CharactersPerUserMax", CharactersPerUserMax, 1_000, 10_000_000),
        .. SettingsShape.OutOfRange("Agent:History:UsersMax", UsersMax, 1, 1_000_000),
    ];
}
