using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

public sealed class LinkTests
{
    private const string Gate = """{"t":"gate","name":"agent","required":true,"state":"waiting","elapsed":1,"deadline":null,"retryAfter":null}""";
    private const string Closing = """{"t":"closing","code":4202,"cause":"moved","retry":"resume","resumable":true}""";

    /// <summary>What a server may say in the phases before open, before authed, before ready, when it is ready, and behind closing.</summary>
    public static TheoryData<string, string> Phases => new()
    {
        { Conversation.Open, "10000" },
        { Conversation.Authed, "01110" },
        { Gate, "00110" },
        { """{"t":"refresh","by":1}""", "00110" },
        { Conversation.Ready(), "00100" },
        { """{"t":"ack","a":0,"d":0}""", "00010" },
        { """{"t":"data","s":1,"b":1}""", "00010" },
        { """{"t":"end","s":1,"re":1,"try":1}""", "00010" },
        { """{"t":"void","s":1,"re":1,"try":1}""", "00010" },
        { """{"t":"nack","s":1,"re":1,"cause":"handler_failed"}""", "00010" },
        { """{"t":"gap","s":1,"missed":1}""", "00010" },
        { """{"t":"weather","s":1}""", "00010" },
        { """{"t":"ping"}""", "01110" },
        { """{"t":"drain","delay":1,"by":1}""", "01110" },
        { Closing, "11110" },
    };

    [Theory]
    [MemberData(nameof(Phases))]
    public void A_frame_comes_in_its_phases_and_in_no_other(string frame, string phases)
    {
        for (var phase = 0; phase < phases.Length; phase++)
        {
            var at = In(phase);
            var state = at.Link.State;
            at.Says(frame);
            if (phases[phase] == '1')
            {
                Assert.Null(at.Finished);
            }
            else
            {
                Assert.Equal("server_violation", at.Finished?.Cause);
                Assert.EndsWith($" came in {state}.", at.Finished!.Text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Nothing_heard_is_borne_as_long_as_the_phase_may_take()
    {
        // Before open: the connect timeout. Then the server's own deadlines and ten seconds. Then twice its rhythm. Once growing, once shrinking: what was set for the phase before must not count.
        foreach (var (phase, growing, shrinking) in new[] { (0, 30, 30), (1, 10 + 1 + 2, 10 + 30 + 20), (2, 10 + 4 + 8, 10 + 10 + 5), (3, 2 * 20, 2 * 5) })
        {
            foreach (var (seconds, deadlines, idle) in new[] { (growing, "1000 2000 4000 8000", 20_000), (shrinking, "30000 20000 10000 5000", 5000) })
            {
                var at = In(phase, deadlines, idle);
                at.Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
                Assert.Single(at.Dialed);
                at.Pass(TimeSpan.FromMilliseconds(1));
                Assert.Equal("server_silent", at.Changes.First(static change => change.Cause is not null).Cause);
            }
        }
    }

    [Fact]
    public void At_most_256_gates_are_known_and_what_is_told_of_a_known_one_again_is_no_further_one()
    {
        var at = In(2);
        for (var n = 0; n < 256; n++)
        {
            at.Says(Gate.Replace("agent", $"gate-{n}", StringComparison.Ordinal));
        }

        at.Says(Gate.Replace("agent", "gate-7", StringComparison.Ordinal).Replace("waiting", "open", StringComparison.Ordinal));
        Assert.Null(at.Finished);
        Assert.Equal(256, at.Link.Gates.Count);
        Assert.Equal("open", at.Link.Gates.Single(static gate => gate.Name == "gate-7").State);
        at.Says(Gate);
        Assert.Contains("more than 256 gates", at.Finished!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_are_ready_when_each_required_gate_is_open_or_degraded_and_none_that_is_not_required_counts()
    {
        var at = In(2);
        Tell("agent", true, "waiting");
        Tell("search", true, "open");
        Tell("extra", false, "failed");
        Assert.Equal(ConnectionState.Authenticated, at.Link.State);
        Tell("agent", true, "degraded");
        Assert.Equal(ConnectionState.ServicesReady, at.Link.State);
        at.Says(Conversation.Ready());
        // Not whole, and told so behind ready.
        Assert.Equal([ConnectionState.ProcessingReady, ConnectionState.Degraded], at.Changes.TakeLast(2).Select(static change => change.State));
        Tell("agent", true, "open");
        Assert.Equal(ConnectionState.Degraded, at.Link.State);
        Tell("extra", false, "open");
        Assert.Equal(ConnectionState.ProcessingReady, at.Link.State);

        var without = In(2);
        without.Says(Gate.Replace("true", "false", StringComparison.Ordinal).Replace("waiting", "open", StringComparison.Ordinal));
        Assert.Equal(ConnectionState.Authenticated, without.Link.State);

        void Tell(string name, bool required, string state) => at.Says(
            Gate.Replace("agent", name, StringComparison.Ordinal).Replace("true", required ? "true" : "false", StringComparison.Ordinal).Replace("waiting", state, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_state_tells_when_it_was_entered_and_how_long_the_one_before_lasted()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        foreach (var frame in new[] { Conversation.Open, Conversation.Authed, Conversation.Ready() })
        {
            at.Pass(TimeSpan.FromSeconds(2));
            at.Says(frame);
            at.Written();
        }

        Assert.Equal(
            [(ConnectionState.Connecting, 0, 0), (ConnectionState.Accepted, 2, 2), (ConnectionState.Authenticated, 4, 2), (ConnectionState.ServicesReady, 6, 2), (ConnectionState.ProcessingReady, 6, 0)],
            at.Changes.Select(static change => (change.State, (change.At - DateTimeOffset.UnixEpoch).TotalSeconds, change.Lasted.TotalSeconds)));
        at.Pass(TimeSpan.FromSeconds(3));
        at.Ended(Ending.Of(4202, "moved"));
        Assert.Equal((ConnectionState.Closed, 3), (at.Changes.First(static change => change.Cause is not null).State, at.Changes.First(static change => change.Cause is not null).Lasted.TotalSeconds));
    }

    [Fact]
    public void Number_that_is_not_the_next_is_named_with_the_one_that_was()
    {
        var at = In(3);
        at.Says("""{"t":"data","s":3,"b":1}""");
        Assert.Equal("Number 3 came where 1 was next.", at.Finished!.Text);
    }

    private static Conversation In(int phase, string deadlines = "1000 2000 4000 8000", long idle = 5000)
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        var each = deadlines.Split(' ');
        string[] frames =
        [
            Conversation.Open.Replace(
                """{"hello":10000,"authentication":10000,"gate":30000,"attach":10000}""",
                $$"""{"hello":{{each[0]}},"authentication":{{each[1]}},"gate":{{each[2]}},"attach":{{each[3]}}}""",
                StringComparison.Ordinal),
            Conversation.Authed,
            Conversation.Ready(idle: idle),
            Closing,
        ];
        foreach (var frame in frames[..phase])
        {
            at.Says(frame);
            at.Send($"before-{at.Changes.Count()}");
            at.Written();
        }

        return at;
    }
}
