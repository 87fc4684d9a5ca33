using System.Globalization;
using System.Text.Json.Nodes;
using Airlock.Client.Tests.Reference;

namespace Airlock.Client.Tests;

/// <summary>Each bound of what a server may say, at its end and one beyond.</summary>
public sealed class ServerFramesTests
{
    private const long Day = 24 * 60 * 60 * 1000;
    private const long YearTenThousand = 253_402_300_799_999;
    private const string Gate = """{"t":"gate","name":"agent","required":true,"state":"waiting","elapsed":1,"deadline":null,"retryAfter":null}""";
    private const string Drain = """{"t":"drain","delay":1,"by":1}""";
    private const string Closing = """{"t":"closing","code":4202,"cause":"moved","retry":"resume","retryAfter":1,"resumable":true}""";
    private static readonly string _ready = Conversation.Ready(more: ""","previous":{"connection":"c-0","code":1006,"cause":"transport_lost","explanation":"cut"}""");

    public static TheoryData<string, string, long> Numbers => new()
    {
        { Conversation.Open, "now", YearTenThousand },
        { Conversation.Open, "deadlines.hello", Day },
        { Conversation.Open, "deadlines.authentication", Day },
        { Conversation.Open, "deadlines.gate", Day },
        { Conversation.Open, "deadlines.attach", Day },
        { Conversation.Authed, "expires", YearTenThousand },
        { Conversation.Authed, "refreshBefore", YearTenThousand },
        { _ready, "idle", Day },
        { Drain, "delay", Day },
        { Drain, "by", YearTenThousand },
        { Closing, "retryAfter", Day },
    };

    public static TheoryData<string, string, int> Texts => new()
    {
        { Conversation.Open, "connection", 128 },
        { Conversation.Authed, "user", 1024 },
        { Gate, "name", 128 },
        { _ready, "session", 128 },
        { _ready, "previous.connection", 128 },
        { _ready, "previous.cause", 128 },
        { _ready, "previous.explanation", 128 },
        { Closing, "cause", 128 },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_number_is_taken_up_to_its_bound(string frame, string path, long most)
    {
        Assert.Null(After(With(frame, path, most)));
        Assert.Equal(OutOfRange(frame), After(With(frame, path, most + 1)));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_taken_up_to_its_bound(string frame, string path, int most)
    {
        Assert.Null(After(With(frame, path, new string('x', most))));
        Assert.Equal(OutOfRange(frame), After(With(frame, path, new string('x', most + 1))));
        if (path != "user")
        {
            // It ends in a log.
            Assert.Equal(OutOfRange(frame), After(With(frame, path, "a\nb")));
        }
    }

    [Fact]
    public void A_list_is_taken_up_to_its_bound()
    {
        Assert.Null(After(With(Conversation.Open, "carriers", Carriers(16))));
        Assert.Equal(OutOfRange(Conversation.Open), After(With(Conversation.Open, "carriers", Carriers(17))));
        Assert.Equal(OutOfRange(Conversation.Open), After(With(Conversation.Open, "carriers", new JsonArray(new string('x', 129)))));
        Assert.Null(After(With(_ready, "lost", Ranges(256))));
        Assert.Equal(OutOfRange(_ready), After(With(_ready, "lost", Ranges(257))));

        static JsonArray Carriers(int count) => new([.. Enumerable.Range(0, count).Select(static n => JsonValue.Create($"carrier{n}"))]);

        static JsonArray Ranges(int count) => new([.. Enumerable.Range(1, count).Select(static n => JsonNode.Parse($$"""{"direction":"up","from":{{n}},"to":{{n}}}"""))]);
    }

    private static string OutOfRange(string frame) => $"{JsonNode.Parse(frame)!["t"]} has a field out of its range.";

    private static string With(string frame, string path, JsonNode value)
    {
        var json = JsonNode.Parse(frame)!;
        var at = json;
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            at = at[name]!;
        }

        at[names[^1]] = value;
        return json.ToJsonString();
    }

    /// <summary>Says what leads to the frame, then the frame.</summary>
    /// <returns>Why the client stopped, or null if it goes on.</returns>
    private static string? After(string frame)
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        string[] before = string.Create(CultureInfo.InvariantCulture, $"{JsonNode.Parse(frame)!["t"]}") switch
        {
            "open" => [],
            "authed" => [Conversation.Open],
            "gate" or "ready" => [Conversation.Open, Conversation.Authed],
            _ => [Conversation.Open, Conversation.Authed, Conversation.Ready()],
        };
        foreach (var earlier in before)
        {
            at.Says(earlier);
            at.Written();
        }

        Assert.Null(at.Finished);
        at.Says(frame);
        return at.Finished?.Text;
    }
}
