using System.Text;
using CsCheck;

namespace Airlock.Core.Tests;

public sealed class FrameReaderTests
{
    private const string Data = """{"t":"data","s":12,"id":"m-1","a":3,"b":{"text":"ä \"quoted\" 𝄞","n":[1.50,-0,1e3]}}""";

    [Theory]
    [InlineData(false, "{\"t\":\"data\",\"s\":1,\"id\":\"m\",\"b\":#}")]
    [InlineData(false, "{\"b\":#,\"t\":\"data\",\"s\":1,\"id\":\"m\"}")]
    [InlineData(false, "{\"t\":\"pong\",\"unknown\":#}")]
    [InlineData(true, "{\"t\":\"data\",\"s\":1,\"b\":#}")]
    [InlineData(true, "{\"t\":\"ping\",\"unknown\":#}")]
    public void Payload_nests_as_deep_alone_as_in_an_array_and_from_either_side(bool fromServer, string frame)
    {
        foreach (var (depth, isGood) in new[] { (WireLimits.PayloadDepthMax, true), (WireLimits.PayloadDepthMax + 1, false) })
        {
            var alone = frame.Replace("#", new string('[', depth) + new string(']', depth), StringComparison.Ordinal);
            foreach (var text in new[] { alone, $"[{alone}]", $"[{alone},{alone}]" })
            {
                var reader = new FrameReader(Encoding.UTF8.GetBytes(text), fromServer);
                Assert.Equal(isGood, reader.TryRead(out _));
                while (reader.TryRead(out _))
                {
                    // To the end of the message.
                }

                Assert.Equal(isGood ? null : CloseReason.MalformedFrame, reader.Error);
            }
        }
    }

    [Fact]
    public void Payload_is_passed_byte_for_byte()
    {
        foreach (var payload in new[] { "null", "true", "0", "-1.50E+3", "\"\"", "\"\\ud834\\udd1e ä \\\"\"", "[]", "{}", " [ 1 , 2 ]".Trim(), "{\"b\":{\"b\":1}}", "{ \"t\" : \"x\" }" })
        {
            foreach (var text in new[] { $$"""{"t":"data","s":1,"id":"m","b":{{payload}}}""", $$"""[{"b" :  {{payload}} ,"t":"data","s":1,"id":"m"}]""" })
            {
                var message = Encoding.UTF8.GetBytes(text);
                var reader = new FrameReader(message, fromServer: false);
                Assert.True(reader.TryRead(out var frame), text);
                Assert.Equal(payload, Encoding.UTF8.GetString(frame.Payload.Span));
                // A slice of the message itself, not a copy.
                message[^(message.Length - text.IndexOf(payload, text.IndexOf("\"b\"", StringComparison.Ordinal) + 3, StringComparison.Ordinal))] = (byte)'#';
                Assert.Equal((byte)'#', frame.Payload.Span[0]);
            }
        }
    }

    [Fact]
    public void Message_cut_at_any_byte_is_malformed()
    {
        foreach (var text in new[] { Data, $"[{Data},{Data}]", """{"t":"hello","v":1,"client":"c","instance":"i","resume":{"session":"s","attempt":1,"received":0}}""" })
        {
            var message = Encoding.UTF8.GetBytes(text);
            for (var length = 0; length < message.Length; length++)
            {
                Assert.Equal(CloseReason.MalformedFrame, ErrorOf(message.AsMemory(0, length), false));
            }

            Assert.Null(ErrorOf(message, false));
        }
    }

    [Fact]
    public void Frames_before_an_error_are_read_and_none_after_it()
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes("""[{"t":"pong"},{"t":"data","s":0,"id":"m","b":1},{"t":"bye"}]"""), fromServer: false);
        Assert.True(reader.TryRead(out var pong));
        Assert.Equal(FrameType.Pong, pong.Type);
        for (var again = 0; again < 3; again++)
        {
            Assert.False(reader.TryRead(out var none));
            Assert.Equal(default, none);
            Assert.Equal(CloseReason.SequenceInvalid, reader.Error);
        }
    }

    [Fact]
    public void End_of_a_message_is_no_error_however_often_it_is_asked()
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes("[{\"t\":\"pong\"}]"), fromServer: false);
        Assert.True(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Error);
    }

    [Fact]
    public void Unknown_frames_of_a_server_are_left_out()
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes("""[{"t":"confetti","s":-1},{"t":"ping"},{"t":"hello"},{"t":"pong"},{"t":"ack","a":2,"d":1}]"""), fromServer: true);
        Assert.True(reader.TryRead(out var ping));
        Assert.True(reader.TryRead(out var ack));
        Assert.Equal((FrameType.Ping, FrameType.Ack, 1L), (ping.Type, ack.Type, ack.Done));
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Error);
        Assert.Null(ErrorOf("{\"t\":\"confetti\"}", true));
    }

    [Fact]
    public void Impossible_frames_of_a_server_are_malformed()
    {
        foreach (var text in new[]
        {
            """{"t":"data","s":1,"re":1,"b":1}""", """{"t":"data","s":1,"try":1,"b":1}""", """{"t":"data","s":1,"p":true,"b":1}""", """{"t":"data","s":1,"a":1,"d":2,"b":1}""",
            """{"t":"data","s":1,"re":1,"try":2147483648,"b":1}""", """{"t":"data","s":1,"p":1,"b":1}""", """{"t":"end","s":1,"re":1,"try":1,"stopped":"yes"}""", """{"t":"ack","a":1,"d":2}""",
            """{"t":"ack","a":1,"d":-1}""", """{"t":"nack","s":1,"re":1,"cause":""}""", """{"t":"nack","s":1,"re":1,"cause":"c","status":1}""",
            """{"t":"authed","hold":{"messages":-1,"bytes":0}}""", """{"t":"authed","expires":-1,"hold":{"messages":1,"bytes":0}}""", """{"t":"drain","delay":-1,"by":1}""",
            """{"t":"refresh","by":-1}""", """{"t":"gate","name":"","required":true,"state":"open","elapsed":1}""", """{"t":"gate","name":"g","required":true,"state":"open","elapsed":-1}""",
            """{"t":"closing","code":999,"cause":"c","retry":"never","resumable":false}""", """{"t":"closing","code":5000,"cause":"c","retry":"never","resumable":false}""", """{"t":"closing","code":4000,"cause":"c","retry":"soon","resumable":false}""",
            Ready("generation", "0"), Ready("attempt", "0"), Ready("window", "0"), Ready("idle", "0"), Ready("received", "-1"), Ready("received", "1"), Ready("done", "1"), Ready("done", "-1"), Ready("replayTo", "-1"),
            Ready("replayTo", "9007199254740992"), Ready("lost", """[{"direction":"up","from":0}]"""), Ready("lost", """[{"direction":"up","from":3,"to":2}]"""), Ready("lost", """[{"direction":"left","from":1}]"""), Ready("lost", "[null]"),
        })
        {
            Assert.True(ErrorOf(text, true) is { } error && (error == CloseReason.MalformedFrame || error == CloseReason.SequenceInvalid || error == CloseReason.AckInvalid), text);
        }

        Assert.Null(ErrorOf(Ready("window", "1"), true));
        Assert.Null(ErrorOf(Ready("lost", """[{"direction":"down","from":3,"to":3},{"direction":"up","from":1}]"""), true));

        static string Ready(string field, string value)
        {
            var fields = new Dictionary<string, string> { ["session"] = "\"s\"", ["generation"] = "1", ["attempt"] = "1", ["resume"] = "\"new\"", ["window"] = "1", ["idle"] = "1", ["received"] = "0", ["done"] = "0", ["replayTo"] = "0" };
            fields[field] = value;
            return $$"""{"t":"ready",{{string.Join(',', fields.Select(pair => $"\"{pair.Key}\":{pair.Value}"))}}}""";
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_thrown_at_the_caller()
    {
        // Pieces that make what is nearly right, so that the fuzz gets past the first byte.
        string[] pieces = ["{", "}", "[", "]", ",", ":", "\"t\"", "\"data\"", "\"hello\"", "\"ack\"", "\"s\"", "\"a\"", "\"b\"", "\"id\"", "\"m\"", "\"re\"", "\"try\"", "\"p\"", "0", "1", "-1", "1e9", "true", "null", "\"\\ud800\"", "\"\\u0074\"", "\"resume\"", " ", "\u0001", "\"", "\\", "ä"];
        var nearly = Gen.Int[0, pieces.Length - 1].Array[0, 40].Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts.Select(part => pieces[part]))));
        var broken = Gen.Select(Gen.Int[0, Encoding.UTF8.GetByteCount(Data) - 1], Gen.Byte).Array[1, 4].Select(changes =>
        {
            var bytes = Encoding.UTF8.GetBytes(Data);
            foreach (var (at, value) in changes)
            {
                bytes[at] = value;
            }

            return bytes;
        });
        Gen.OneOf(nearly, broken, Gen.Byte.Array[0, 40]).Sample(bytes =>
        {
            // Room around the message shows whether a payload reaches beyond it.
            var room = new byte[bytes.Length + 8];
            bytes.CopyTo(room, 4);
            var message = room.AsMemory(4, bytes.Length);
            foreach (var fromServer in new[] { false, true })
            {
                var reader = new FrameReader(message, fromServer);
                var frames = 0;
                while (reader.TryRead(out var frame))
                {
                    frames++;
                    Assert.True(frame.Payload.IsEmpty || message.Span.Overlaps(frame.Payload.Span), "A payload lies outside its message.");
                    Assert.True(frame.Sequence is >= 0 and <= WireLimits.SequenceMax && frame.Acked is null or (>= 0 and <= WireLimits.SequenceMax));
                }

                Assert.True(frames <= WireLimits.FramesMax);
            }
        }, iter: 50_000);
    }

    [Fact]
    public void Every_input_of_the_corpus_is_read_or_refused_with_a_cause()
    {
        var files = Directory.GetFiles(Path.Combine(Golden.Root, "tests/corpus"));
        Assert.True(files.Length >= 24);
        foreach (var file in files)
        {
            var input = File.ReadAllBytes(file);
            foreach (var message in (byte[][])[input, .. Lines(input)])
            {
                foreach (var fromServer in new[] { false, true })
                {
                    var first = Read(message, fromServer);
                    Assert.Equal(first, Read(message, fromServer));
                    // Whoever puts it into an array changes nothing but its form.
                    if (message.Length > 0 && message[0] == (byte)'{' && first.Error is null && !fromServer)
                    {
                        Assert.Equal(first, Read([(byte)'[', .. message, (byte)']'], fromServer));
                    }
                }
            }
        }

        static IEnumerable<byte[]> Lines(byte[] input)
        {
            for (var start = 0; start <= input.Length;)
            {
                var end = Array.IndexOf(input, (byte)'\n', start);
                yield return input[start..(end < 0 ? input.Length : end)];
                start = end < 0 ? input.Length + 1 : end + 1;
            }
        }

        static (int Frames, CloseReason? Error) Read(byte[] message, bool fromServer)
        {
            var reader = new FrameReader(message, fromServer);
            var frames = 0;
            while (reader.TryRead(out var frame))
            {
                frames++;
                Assert.True(frame.Payload.IsEmpty || message.AsSpan().Overlaps(frame.Payload.Span), "A payload lies outside its message.");
                Assert.True(frame.Sequence is >= 0 and <= WireLimits.SequenceMax && frame.Id is null or { Length: > 0 and <= WireLimits.IdLengthMax });
            }

            Assert.InRange(frames, 0, WireLimits.FramesMax);
            Assert.True(reader.Error is null || CloseReason.All.Contains(reader.Error));
            Assert.True(frames > 0 || reader.Error is not null || fromServer, "An empty message is an error.");
            return (frames, reader.Error);
        }
    }

    [Fact]
    public void Data_as_shipped_clients_write_it_is_read_as_any_other_json_is()
    {
        string[] numbers = ["1", "0", "7", "01", "-1", "1.0", "1e0", "9007199254740991", "9007199254740992", "12345678901234567890", "", "null", "\"1\""];
        string[] ids = ["m1", "", " ", "a b", "a\\u0041", "a\\\"b", "!", "~", "\u007f", "ä", new string('x', 64), new string('x', 65)];
        string[] payloads = ["\"text\"", "\"\"", "\"a\\\"b\"", "\"a\nb\"", "\"\\ud800\"", "\"open", "1", "-0.5e3", "01", "true", "nul", "{}", "{\"b\":[1,{\"s\":2}]}", "[1,2]", "[1,", "", "\"a\" ", "1,\"s\":2", Nested(62), Nested(63), Nested(64)];
        var data = Gen.Select(Of(numbers), Of(ids), Of([null, .. numbers]), Of(payloads), Of("}", "", "}}", ",\"x\":1}", " }"))
            .Select((s, id, a, b, end) => $"{{\"t\":\"data\",\"s\":{s},\"id\":\"{id}\"{(a is null ? "" : $",\"a\":{a}")},\"b\":{b}{end}");
        var messages = Gen.Select(data.Array[1, 3], Gen.Bool, (frames, isArray) => isArray || frames.Length > 1 ? $"[{string.Join(',', frames)}]" : frames[0]);
        messages.Sample(message =>
        {
            // White space changes nothing but the way it is read.
            var other = message.Replace("{\"t\":", "{ \"t\":", StringComparison.Ordinal);
            Assert.Equal(ReadAll(other), ReadAll(message));
        }, iter: 50_000);
        // The way that is compared is taken at all.
        Assert.Equal(["Data 7 m1 5 \"x\" ", "end "], ReadAll("""{"t":"data","s":7,"id":"m1","a":5,"b":"x"}"""));

        static Gen<string?> Of(params string?[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);

        static List<string> ReadAll(string text)
        {
            var reader = new FrameReader(Encoding.UTF8.GetBytes(text), fromServer: false);
            List<string> all = [];
            while (reader.TryRead(out var frame))
            {
                all.Add($"{frame.Type} {frame.Sequence} {frame.Id} {frame.Acked} {Encoding.UTF8.GetString(frame.Payload.Span)} {frame.Cause}");
            }

            all.Add($"end {reader.Error?.Cause}");
            return all;
        }
    }

    [Fact]
    public void What_is_no_digit_is_no_number()
    {
        for (var letter = ' '; letter <= '~'; letter++)
        {
            if (!char.IsAsciiDigit(letter))
            {
                Assert.Equal(CloseReason.MalformedFrame, ErrorOf($$"""{"t":"data","s":{{letter}},"id":"m","b":1}""", false));
            }
        }
    }

    [Fact]
    public void What_does_not_belong_to_a_frame_is_left_out_of_it()
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes("""{"t":"pong","s":7,"a":1,"d":1,"re":1,"try":3,"p":true,"stopped":true,"missed":2,"id":"m","cause":"c","status":"thinking","b":[1]}"""), fromServer: false);
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal((FrameType.Pong, 0L, null, null, 0L, 0), (frame.Type, frame.Sequence, frame.Acked, frame.Done, frame.Re, frame.Try));
        Assert.Equal((false, false, 0L, null, null, null, 0), (frame.Provisional, frame.Stopped, frame.Missed, frame.Id, frame.Cause, frame.Status, frame.Payload.Length));
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public void An_end_is_that_of_a_stopped_turn_if_it_says_so(string said, bool stopped)
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes($$"""{"t":"end","s":5,"re":1,"try":2,"stopped":{{said}}}"""), fromServer: true);
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal(stopped, frame.Stopped);
    }

    [Theory]
    [InlineData("never", true)]
    [InlineData("new", true)]
    [InlineData("resume", true)]
    [InlineData("resume_later", true)]
    [InlineData("", false)]
    [InlineData("later", false)]
    public void A_closing_says_one_of_four_things_about_trying_again(string retry, bool isGood) => Assert.Equal(
        isGood ? null : CloseReason.MalformedFrame,
        ErrorOf($$"""{"t":"closing","code":4312,"cause":"draining","retry":"{{retry}}","retryAfter":5000,"resumable":true,"message":"Come back."}""", true));

    [Theory]
    [InlineData("[\"cookie\",\"ticket\"]", true)]
    [InlineData("[\"cookie\",\"\"]", false)]
    [InlineData("[\"\",\"cookie\"]", false)]
    public void Every_carrier_that_a_hello_names_has_a_name(string sent, bool isGood)
    {
        var reader = new FrameReader(System.Text.Encoding.UTF8.GetBytes($$"""{"t":"hello","v":1,"client":"c","instance":"i","sent":{{sent}}}"""), fromServer: false);
        Assert.Equal(isGood, reader.TryRead(out _));
    }

    [Theory]
    [InlineData(999, false)]
    [InlineData(1000, true)]
    [InlineData(4999, true)]
    [InlineData(5000, false)]
    public void A_closing_has_a_code_of_RFC_6455(int code, bool isGood)
    {
        var reader = new FrameReader(System.Text.Encoding.UTF8.GetBytes($$"""{"t":"closing","code":{{code}},"cause":"x","retry":"never","resumable":false,"message":"m"}"""), fromServer: true);
        Assert.Equal(isGood, reader.TryRead(out _));
    }

    [Fact]
    public void A_ready_that_ends_in_a_log_has_no_secrets()
    {
        var ready = new ReadyFrame { Session = "s-secret", Proof = "p-secret", Generation = 3, Attempt = 1, Resume = "resumed", Window = 1, Idle = 1, Received = 0, Done = 0, ReplayTo = 0 };
        Assert.Equal("resumed, generation 3", ready.ToString());
    }

    private static CloseReason? ErrorOf(string text, bool fromServer) => ErrorOf(Encoding.UTF8.GetBytes(text), fromServer);

    private static CloseReason? ErrorOf(ReadOnlyMemory<byte> message, bool fromServer)
    {
        var reader = new FrameReader(message, fromServer);
        while (reader.TryRead(out _))
        {
        }

        return reader.Error;
    }
}
