using System.Text.Json;
using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>The vectors that the JavaScript client reads as well.</summary>
public class VectorTests
{
    private static readonly string _folder = Folder();

    public static TheoryData<string, string> Refused => new(Server("refused").Select(static vector => (Text(vector, "name"), Text(vector, "text"))));

    public static TheoryData<string, string> Valid => new(Server("valid").Select(static vector => (Text(vector, "name"), Text(vector, "text"))));

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refused_server_messages_stop_the_client_with_4902(string name, string text)
    {
        var at = Phase(text);
        at.Says(text);
        Assert.True(at.Finished is { Code: 4902, Cause: "server_violation" }, name);
        Assert.Contains(at.Effects.OfType<Effect.Close>(), static close => close.Code == 4902);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Valid_server_messages_are_within_their_ranges(string name, string text)
    {
        var reader = new FrameReader(System.Text.Encoding.UTF8.GetBytes(text), fromServer: true);
        while (reader.TryRead(out var frame))
        {
            switch (frame.Body)
            {
                case OpenFrame open: ServerFrames.Checked(open); break;
                case AuthedFrame authed: ServerFrames.Checked(authed); break;
                case GateFrame gate: ServerFrames.Checked(gate); break;
                case ReadyFrame ready: ServerFrames.Checked(ready); break;
                case ClosingFrame closing: ServerFrames.Checked(closing); break;
                case DrainFrame drain: ServerFrames.Check(drain); break;
                default: break;
            }
        }

        Assert.True(reader.Error is null, name);
    }

    [Fact]
    public void Close_codes_lead_to_the_advice_of_the_vectors()
    {
        foreach (var vector in Read("retry.json").GetProperty("advice").EnumerateArray())
        {
            Assert.Equal(Advice(Text(vector, "advice")), Ending.Of(vector.GetProperty("code").GetInt32(), null).Advice);
        }
    }

    [Fact]
    public void Delays_lie_within_the_bounds_of_the_vectors()
    {
        foreach (var vector in Read("retry.json").GetProperty("backoff").EnumerateArray())
        {
            Assert.Equal(vector.GetProperty("least").GetDouble(), Nth(vector.GetProperty("n").GetInt32(), null, 0));
            Assert.Equal(vector.GetProperty("most").GetDouble(), Nth(vector.GetProperty("n").GetInt32(), null, 1));
        }

        foreach (var vector in Read("retry.json").GetProperty("hint").EnumerateArray())
        {
            var hint = TimeSpan.FromMilliseconds(vector.GetProperty("retryAfter").GetDouble());
            Assert.Equal(vector.GetProperty("least").GetDouble(), Nth(1, hint, 0));
            Assert.Equal(vector.GetProperty("most").GetDouble(), Nth(1, hint, 1));
        }

        static double Nth(int n, TimeSpan? hint, double random)
        {
            var backoff = new Backoff();
            var delay = TimeSpan.Zero;
            for (var i = 0; i < n; i++)
            {
                delay = backoff.Next(RetryAdvice.ResumeLater, hint, random);
            }

            return delay.TotalMilliseconds;
        }
    }

    [Fact]
    public void Delays_in_a_row_follow_the_vectors_and_start_again_after_a_steady_connection()
    {
        var retry = Read("retry.json");
        Assert.Equal(retry.GetProperty("steady").GetDouble(), Backoff.Steady.TotalMilliseconds);
        foreach (var vector in retry.GetProperty("sequence").EnumerateArray())
        {
            var at = new Conversation();
            at.Do(core => core.Start(at.Now));
            var delays = vector.GetProperty("closes").EnumerateArray().Select((close, place) => DelayAfter(at, close, place + 1)).ToList();
            Assert.Equal(vector.GetProperty("delays").EnumerateArray().Select(static delay => delay.GetDouble()), delays);
        }
    }

    /// <summary>The connection being made becomes ready, if it does; it is closed; the next is dialed.</summary>
    private static double DelayAfter(Conversation at, JsonElement close, int attempt)
    {
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        if (close.TryGetProperty("readyFor", out var readyFor))
        {
            at.Says(Conversation.Authed);
            at.Says(at.Link.Resume is { } asked ? Conversation.Ready(session: asked.Session!, generation: attempt, attempt: asked.Attempt, resume: "resumed") : Conversation.Ready(session: $"s-{attempt}", generation: attempt));
            at.Pass(TimeSpan.FromMilliseconds(readyFor.GetDouble()));
        }

        var code = Text(close, "advice") switch
        {
            "resume" => 4202,
            "resume_later" => 4301,
            _ => 4101,
        };
        var hint = close.TryGetProperty("retryAfter", out var asks) ? asks.GetRawText() : "null";
        at.Says($$"""{"t":"closing","code":{{code}},"cause":"why","retry":"never","retryAfter":{{hint}},"resumable":true}""");
        at.Ended(Ending.Of(code, "why"));
        var delay = at.Changes.Last().RetryIn!.Value;
        at.Pass(delay);
        return delay.TotalMilliseconds;
    }

    /// <summary>Brings a client to where a frame of that type may come, so that it is refused for its own sake.</summary>
    private static Conversation Phase(string text)
    {
        var resumes = text.Contains("\"resume\":\"resumed\"", StringComparison.Ordinal);
        var at = new Conversation(state: resumes ? new AirlockClientState { Instance = "instance", User = "ada", Session = "s-1", Attempt = 1, Generation = 1 } : null);
        at.Do(core => core.Start(at.Now));
        at.Connect();
        if (text.Contains("\"t\":\"open\"", StringComparison.Ordinal))
        {
            return at;
        }

        at.Says(Conversation.Open);
        if (!text.Contains("\"t\":\"authed\"", StringComparison.Ordinal))
        {
            at.Says(Conversation.Authed);
            if (!text.Contains("\"t\":\"ready\"", StringComparison.Ordinal))
            {
                at.Says(Conversation.Ready());
            }
        }

        Assert.Null(at.Finished);
        return at;
    }

    private static RetryAdvice Advice(string name) => name switch
    {
        "never" => RetryAdvice.Never,
        "new" => RetryAdvice.New,
        "resume" => RetryAdvice.Resume,
        _ => RetryAdvice.ResumeLater,
    };

    /// <summary>Those of the first version, and what the protocol has grown by since.</summary>
    private static IEnumerable<JsonElement> Server(string kind) =>
        Read("server-frames.json").GetProperty(kind).EnumerateArray().Concat(Read("growth.json").GetProperty("fromServer").GetProperty(kind).EnumerateArray());

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, file))).RootElement;

    private static string Folder([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../spec/vectors"));
}
