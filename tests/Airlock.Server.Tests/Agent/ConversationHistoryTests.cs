using Airlock.Server.Agent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Tests.Agent;

public class ConversationHistoryTests
{
    [Fact]
    public void Recalls_questions_and_answers_in_turn_and_each_user_for_themselves()
    {
        var history = History();
        history.Remember("ann", "m1", "q1", "a1");
        history.Remember("bob", "m1", "x", "y");
        history.Remember("ann", "m2", "q2", "a2");

        Assert.Equal(
            [(ChatRole.User, "q1"), (ChatRole.Assistant, "a1"), (ChatRole.User, "q2"), (ChatRole.Assistant, "a2")],
            history.Recall("ann").Select(message => (message.Role, message.Text)));
        Assert.Empty(history.Recall("nobody"));
    }

    [Fact]
    public void The_same_message_twice_is_kept_once_with_its_last_answer_in_its_place()
    {
        var history = History();
        history.Remember("ann", "m1", "q1", "first try");
        history.Remember("ann", "m2", "q2", "a2");

        history.Remember("ann", "m1", "q1", "second try");

        Assert.Equal(["q1", "second try", "q2", "a2"], Texts(history, "ann"));
        Assert.Equal(["q2", "a2"], history.Recall("ann", exceptMessageId: "m1").Select(message => message.Text));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(5, 2)]
    [InlineData(6, 3)]
    public void The_oldest_exchanges_go_first_and_never_by_half(int messagesMax, int kept)
    {
        var history = History(new ConversationHistoryOptions { MessagesPerUserMax = messagesMax });
        for (var at = 0; at < 10; at++)
        {
            history.Remember("ann", $"m{at}", $"q{at}", $"a{at}");
        }

        Assert.Equal(Enumerable.Range(10 - kept, kept).SelectMany(at => new[] { $"q{at}", $"a{at}" }), Texts(history, "ann"));
    }

    [Fact]
    public void Long_messages_push_older_ones_out_but_the_last_exchange_stays()
    {
        var history = History(new ConversationHistoryOptions { CharactersPerUserMax = 1_000 });
        history.Remember("ann", "m1", "q1", "a1");
        history.Remember("ann", "m2", new string('q', 500), new string('a', 496));
        Assert.Equal(4, history.Recall("ann").Count);

        history.Remember("ann", "m3", new string('q', 5_000), "a3");

        Assert.Equal(2, history.Recall("ann").Count);
        Assert.Equal("a3", history.Recall("ann")[1].Text);
    }

    [Fact]
    public void The_user_who_was_silent_longest_is_forgotten_first()
    {
        var history = History(new ConversationHistoryOptions { UsersMax = 2 });
        history.Remember("ann", "m1", "q", "a");
        history.Remember("bob", "m1", "q", "a");
        history.Remember("ann", "m2", "q", "a");

        history.Remember("cat", "m1", "q", "a");

        Assert.Equal([4, 0, 2], new[] { "ann", "bob", "cat" }.Select(user => history.Recall(user).Count));
        Assert.Equal((2, 2), history.Occupancy);
    }

    [Fact]
    public async Task Many_writers_and_readers_at_once_keep_every_limit()
    {
        var history = History(new ConversationHistoryOptions { UsersMax = 5, MessagesPerUserMax = 6 });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (var at = 0; at < 2_000; at++)
            {
                history.Remember($"user{(at + writer) % 8}", $"m{writer}-{at}", "q", "a");
                var seen = history.Recall($"user{at % 8}");
                Assert.True(seen.Count <= 6 && seen.Count % 2 == 0);
            }
        })));

        Assert.Equal((5, 5), history.Occupancy);
        Assert.Equal(5, Enumerable.Range(0, 8).Count(user => history.Recall($"user{user}").Count > 0));
    }

    private static ConversationHistory History(ConversationHistoryOptions? options = null) =>
        new(Options.Create(options ?? new ConversationHistoryOptions()));

    private static IEnumerable<string> Texts(ConversationHistory history, string user) => history.Recall(user).Select(message => message.Text);
}
