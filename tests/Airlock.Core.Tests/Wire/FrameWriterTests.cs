using System.Text;
using CsCheck;

namespace Airlock.Core.Tests;

public sealed class FrameWriterTests
{
    [Fact]
    public void One_frame_is_an_object_and_several_are_an_array()
    {
        using var writer = new FrameWriter();
        writer.Begin();
        Assert.Equal("", Text(writer));
        writer.Begin();
        writer.Write(FrameType.Ping);
        Assert.Equal((1, "{\"t\":\"ping\"}"), (writer.Frames, Text(writer)));
        writer.Begin();
        writer.WriteAck(3, 2);
        writer.WriteStop(4);
        writer.Write(new DrainFrame { Delay = 5, By = 6 });
        Assert.Equal("""[{"t":"ack","a":3,"d":2},{"t":"stop","s":4},{"t":"drain","delay":5,"by":6}]""", Text(writer));
    }

    [Fact]
    public void Frame_with_fields_has_a_method_of_its_own()
    {
        using var writer = new FrameWriter();
        writer.Begin();
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(FrameType.Data));
    }

    [Fact]
    public void What_an_entry_does_not_have_is_not_written()
    {
        using var writer = new FrameWriter();
        writer.Begin();
        writer.Write(new OutboxEntry { Sequence = 7, Kind = EntryKind.Data, Payload = "1"u8.ToArray() });
        Assert.Equal("""{"t":"data","s":7,"b":1}""", System.Text.Encoding.UTF8.GetString(writer.Finish().Span));
    }

    [Fact]
    public void Entries_are_read_as_they_were_written() =>
        Gen.Select(Gen.Int[0, 3], Gen.Long[1, WireLimits.SequenceMax], Gen.Long[0, WireLimits.SequenceMax], Gen.Int[1, int.MaxValue], Gen.Bool, Gen.Long[0, WireLimits.SequenceMax].Nullable()).Sample((kind, sequence, re, @try, flag, acked) =>
        {
            var answers = re > 0 || kind > 0;
            var entry = new OutboxEntry
            {
                Kind = (EntryKind)kind,
                Sequence = sequence,
                Re = answers ? Math.Max(1, re) : 0,
                Try = answers && kind != 3 ? @try : 0,
                Provisional = kind == 0 && answers && flag,
                Stopped = kind == 1 && flag,
                Cause = kind == 3 ? "duplicate" : null,
                Status = kind == 3 && flag ? "done" : null,
                Payload = kind == 0 ? "{\"x\":\"<ä>\"}"u8.ToArray() : default,
            };
            var frame = RoundTrip(writer => writer.Write(entry, acked, acked / 2), fromServer: true);
            Assert.Equal(entry.Kind.ToString(), frame.Type.ToString());
            Assert.Equal(
                (entry.Sequence, entry.Re, entry.Try, entry.Provisional, entry.Stopped, entry.Cause, entry.Status, acked, acked / 2),
                (frame.Sequence, frame.Re, frame.Try, frame.Provisional, frame.Stopped, frame.Cause, frame.Status, frame.Acked, frame.Done));
            Assert.Equal(entry.Payload.ToArray(), frame.Payload.ToArray());
        }, iter: 2000);

    [Fact]
    public void Messages_of_a_client_are_read_as_they_were_written() =>
        Gen.Select(Gen.Long[1, WireLimits.SequenceMax], Gen.Char['!', '~'].Array[1, 64], Gen.Long[0, WireLimits.SequenceMax].Nullable(), Gen.String).Sample((sequence, id, acked, text) =>
        {
            var payload = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(text);
            var frame = RoundTrip(writer => writer.WriteData(sequence, new string(id), payload, acked), fromServer: false);
            Assert.Equal((FrameType.Data, sequence, new string(id), acked), (frame.Type, frame.Sequence, frame.Id, frame.Acked));
            Assert.Equal(payload, frame.Payload.ToArray());
        }, iter: 2000);

    [Fact]
    public void Frames_of_the_start_and_the_end_are_read_as_they_were_written()
    {
        var hello = new HelloFrame { Version = 1, Client = "c/1 \"ä\"", Instance = "i", Sent = ["cookie"], Auth = new HelloCredentials { Token = "x.y+z" }, Resume = new ResumeRequest { Session = "s", Attempt = 2, Received = 3 } };
        var read = (HelloFrame)RoundTrip(writer => writer.Write(hello), fromServer: false).Body!;
        Assert.Equal(hello with { Sent = null }, read with { Sent = null });
        Assert.Equal(hello.Sent, read.Sent);

        Check(new AuthedFrame { User = "u", Expires = 9, RefreshBefore = 8, Hold = new HoldCredit { Messages = 1, Bytes = 2 } }, (writer, frame) => writer.Write(frame));
        Check(new GateFrame { Name = "g", Required = true, State = "waiting", Elapsed = 1, Deadline = 2, RetryAfter = 3 }, (writer, frame) => writer.Write(frame));
        Check(new DrainFrame { Delay = 1, By = 2 }, (writer, frame) => writer.Write(frame));
        Check(new RefreshFrame { By = 1 }, (writer, frame) => writer.Write(frame));
        Check(new ClosingFrame { Code = 4000, Cause = "c", Retry = "never", RetryAfter = 1, Resumable = true, Message = "m" }, (writer, frame) => writer.Write(frame));
        Check(new ReadyFrame { Session = "s", Generation = 1, Attempt = 2, Resume = "resumed", Window = 3, Idle = 4, Received = 6, Done = 5, ReplayTo = 7, Previous = new PreviousClose { Connection = "c", Code = 4202, Cause = "moved" } }, (writer, frame) => writer.Write(frame));

        static void Check<T>(T frame, Action<FrameWriter, T> write) => Assert.Equal(frame, RoundTrip(writer => write(writer, frame), fromServer: true).Body);
    }

    [Fact]
    public void Secrets_do_not_show_when_a_frame_is_printed()
    {
        var hello = new HelloFrame { Version = 1, Client = "c", Instance = "i", Auth = new HelloCredentials { Token = "secret" }, Resume = new ResumeRequest { Session = "secret", Attempt = 2, Received = 3 } };
        Assert.DoesNotContain("secret", $"{hello}", StringComparison.Ordinal);
        Assert.DoesNotContain("secret", $"{new HelloCredentials { Ticket = "secret" }}", StringComparison.Ordinal);
        Assert.DoesNotContain("secret", $"{new RefreshFrame { Token = "secret" }}", StringComparison.Ordinal);
        Assert.DoesNotContain("secret", $"{new ReadyFrame { Session = "secret", Generation = 1, Attempt = 2, Resume = "new", Window = 3, Idle = 4, Received = 0, Done = 0, ReplayTo = 0 }}", StringComparison.Ordinal);
    }

    private static Frame RoundTrip(Action<FrameWriter> write, bool fromServer)
    {
        using var writer = new FrameWriter(16);
        writer.Begin();
        write(writer);
        var message = writer.Finish().ToArray();
        var reader = new FrameReader(message, fromServer);
        Assert.True(reader.TryRead(out var frame), $"{reader.Error}: {Encoding.UTF8.GetString(message)}");
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Error);
        return frame;
    }

    private static string Text(FrameWriter writer) => Encoding.UTF8.GetString(writer.Finish().Span);
}
