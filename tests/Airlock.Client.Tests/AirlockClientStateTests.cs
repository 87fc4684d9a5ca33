using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>A state comes from wherever the application has kept it: each of its fields is checked at both ends of what it may be.</summary>
public sealed class AirlockClientStateTests
{
    private const long Most = WireLimits.SequenceMax;

    private static readonly AirlockClientState _good = new()
    {
        Instance = "instance",
        User = "ada",
        Session = "s-1",
        Proof = "p-1",
        Attempt = 1,
        Generation = 1,
        Received = 2,
        Done = 3,
        Bye = 4,
        Messages = [new("m-4", "{\"private\":1}", true)],
        Finished = [new(3, "m-3")],
        Open = [new(3, 1, "m-3")],
        Losses = [new([new LostRange(Direction.Down, 1, 1)], [new(1, 1, null)])],
    };

    public static TheoryData<string, Func<AirlockClientState, AirlockClientState>[], Func<AirlockClientState, AirlockClientState>[]> Fields => new()
    {
        { "Instance", Each(Good(), static (state, text) => state with { Instance = text }), Each(Bad(), static (state, text) => state with { Instance = text }) },
        { "Session", Each(Good(), static (state, text) => state with { Session = text }), Each(Bad(), static (state, text) => state with { Session = text }) },
        { "Proof", Each<string?>([null, "p", new string('p', 1024)], static (state, text) => state with { Proof = text }), Each(["", "a b", new string('p', 1025)], static (state, text) => state with { Proof = text }) },
        { "Attempt", Each([0, Most], static (state, number) => state with { Attempt = number }), Each([-1, Most + 1], static (state, number) => state with { Attempt = number }) },
        { "Generation", Each([0, Most], static (state, number) => state with { Generation = number }), Each([-1, Most + 1], static (state, number) => state with { Generation = number }) },
        { "Received", Each([0, Most], static (state, number) => state with { Received = number }), Each([-1, Most + 1], static (state, number) => state with { Received = number }) },
        { "Done", Each([3, Most], static (state, number) => state with { Done = number, Bye = null }), Each([-1, 2, Most + 1], static (state, number) => state with { Done = number, Bye = null }) },
        { "Bye", Each<long?>([null, 3, Most], static (state, number) => state with { Bye = number }), Each([-1, 2, Most + 1], static (state, number) => state with { Bye = number }) },
        { "a message's id", Each(["!", new string('~', 64)], static (state, id) => state with { Messages = [new(id, "1", false)] }), Each([null!, "", "a b", new string('m', 65)], static (state, id) => state with { Messages = [new(id, "1", false)] }) },
        { "a message's payload", Each(["1", "{}"], static (state, json) => state with { Messages = [new("m", json, false)] }), Each([null!, "", "{", "1 2"], static (state, json) => state with { Messages = [new("m", json, false)] }) },
        {
            "a message's refusal",
            Each([null, new AirlockClientState.Refusal(new string('c', 128), null)], static (state, refusal) => state with { Messages = [new("m", "1", false) { Refused = refusal }] }),
            Each([.. Bad().Select(static text => new AirlockClientState.Refusal(text, null))], static (state, refusal) => state with { Messages = [new("m", "1", false) { Refused = refusal }] })
        },
        { "messages", Each([0, 2], static (state, count) => state with { Messages = [.. Enumerable.Range(0, count).Select(static n => new AirlockClientState.Message($"m-{n}", "1", false))] }), [static state => state with { Messages = [new("m", "1", false), new("m", "2", false)] }] },
        { "a finished number", Each([0, 3L], static (state, number) => state with { Finished = [new(number, "m")] }), Each([-1, 4L], static (state, number) => state with { Finished = [new(number, "m")] }) },
        { "a finished id", [], [static state => state with { Finished = [new(3, null!)] }] },
        { "an open try", Each([1L, Most], static (state, number) => state with { Open = [new(number, 1, null)] }), [static state => state with { Open = [new(0, 1, null)] }, static state => state with { Open = [new(1, 0, null)] }] },
        { "an open try of a loss", [static state => state with { Losses = [new([], [new(1, 1, null)])] }], [static state => state with { Losses = [new([], [new(0, 1, null)])] }, static state => state with { Losses = [new([], [new(1, 0, null)])] }] },
        {
            "a range of a loss",
            Each<LostRange>([new(Direction.Up, 1, null), new(Direction.Up, 2, 2), new(Direction.Up, Most, Most)], static (state, range) => state with { Losses = [new([range], [])] }),
            Each<LostRange>([new(Direction.Up, 0, null), new(Direction.Up, Most + 1, null), new(Direction.Up, 2, 1), new(Direction.Up, 1, Most + 1)], static (state, range) => state with { Losses = [new([range], [])] })
        },
        {
            "what only a session has",
            [static state => Without(state) with { Attempt = 0, Generation = 0, Received = 0, Done = 0 }],
            [
                static state => Without(state) with { Attempt = 1 }, static state => Without(state) with { Generation = 1 }, static state => Without(state) with { Received = 1 },
                static state => Without(state) with { Done = 1 }, static state => Without(state) with { Bye = 0 },
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Fields), DisableDiscoveryEnumeration = true)]
    public void Each_field_is_taken_up_to_its_bounds_and_refused_beyond(string field, Func<AirlockClientState, AirlockClientState>[] good, Func<AirlockClientState, AirlockClientState>[] bad)
    {
        Assert.NotEmpty(field);
        _good.Check();
        foreach (var change in good)
        {
            change(_good).Check();
        }

        foreach (var change in bad)
        {
            Assert.Contains("was not made by Export, or has been damaged", Assert.Throws<ArgumentException>(() => change(_good).Check()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Its_text_tells_where_it_stands_and_no_secret() => Assert.Equal("attempt 1, received 2, done 3, 1 unfinished", _good.ToString());

    private static AirlockClientState Without(AirlockClientState state) => state with { Session = null, Proof = null, Attempt = 0, Generation = 0, Received = 0, Done = 0, Bye = null, Finished = [] };

    private static string[] Good() => ["x", new string('x', 128), "a b"];

    private static string[] Bad() => ["", new string('x', 129), "a\nb"];

    private static Func<AirlockClientState, AirlockClientState>[] Each<T>(T[] values, Func<AirlockClientState, T, AirlockClientState> change) =>
        [.. values.Select(value => (Func<AirlockClientState, AirlockClientState>)(state => change(state, value)))];
}
