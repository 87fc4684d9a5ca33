using CsCheck;

namespace Airlock.Core.Tests.WebSockets;

public sealed class SocketScanTests
{
    private static readonly byte[] _mask = [0x11, 0x22, 0x33, 0x44];

    public static TheoryData<SocketViolation, byte[]> Forbidden => new()
    {
        { SocketViolation.FrameNotMasked, [0x81, 0x01, 0x20] },
        { SocketViolation.FrameNotMasked, [0x88, 0x00] },
        { SocketViolation.ReservedBitSet, Frame(0xC1) },
        { SocketViolation.ReservedBitSet, Frame(0xA1) },
        { SocketViolation.ReservedBitSet, Frame(0x99) },
        { SocketViolation.OpcodeReserved, Frame(0x83) },
        { SocketViolation.OpcodeReserved, Frame(0x87) },
        { SocketViolation.OpcodeReserved, Frame(0x8B) },
        { SocketViolation.OpcodeReserved, Frame(0x8F) },
        { SocketViolation.ControlFrameFragmented, Frame(0x09) },
        { SocketViolation.ControlFrameFragmented, Frame(0x08) },
        { SocketViolation.ControlFrameTooLong, [0x89, 0xFE, 0, 126] },
        { SocketViolation.ControlFrameTooLong, [0x88, 0xFE, 0, 126] },
        { SocketViolation.ControlFrameTooLong, [0x8A, 0xFF] },
        { SocketViolation.ContinuationOfNothing, Frame(0x80) },
        { SocketViolation.ContinuationOfNothing, Frame(0x00) },
        { SocketViolation.ContinuationOfNothing, [.. Frame(0x01, 1), .. Frame(0x80, 2), .. Frame(0x80)] },
        { SocketViolation.MessageWithinMessage, [.. Frame(0x01, 1, 2), .. Frame(0x89), .. Frame(0x81)] },
        { SocketViolation.MessageWithinMessage, [.. Frame(0x01), .. Frame(0x00), .. Frame(0x82)] },
        { SocketViolation.LengthNegative, [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0] },
        { SocketViolation.CloseCodeHalf, Frame(0x88, 3) },
        { SocketViolation.CloseCodeForbidden, Close(0) },
        { SocketViolation.CloseCodeForbidden, Close(999) },
        { SocketViolation.CloseCodeForbidden, Close(1004) },
        { SocketViolation.CloseCodeForbidden, Close(1005) },
        { SocketViolation.CloseCodeForbidden, Close(1006) },
        { SocketViolation.CloseCodeForbidden, Close(1015) },
        { SocketViolation.CloseCodeForbidden, Close(2999) },
        { SocketViolation.CloseCodeForbidden, Close(5000) },
        { SocketViolation.CloseCodeForbidden, Close(65535) },
        { SocketViolation.CloseReasonNotUtf8, Close(1000, 0xC3) },
        { SocketViolation.CloseReasonNotUtf8, Close(4000, 0x61, 0xFF) },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void Forbidden_frames_are_named_after_good_ones_and_however_they_are_split(SocketViolation violation, byte[] bytes)
    {
        byte[] good = [.. Frame(0x01, 1, 2, 3), .. Frame(0x89, 4), .. Frame(0x80, 5), .. Frame(0x82, [.. new byte[70_000]]), .. Frame(0x8A)];
        byte[] all = [.. good, .. bytes];
        foreach (var piece in (int[])[1, 2, 3, 7, 4096, all.Length])
        {
            var scan = new SocketScan();
            foreach (var chunk in all.Chunk(piece))
            {
                scan.Read(chunk);
            }

            Assert.Equal((violation, null), (scan.Violation, scan.CloseCode));
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1011)]
    [InlineData(1012)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(4902)]
    [InlineData(4999)]
    public void A_close_that_is_allowed_has_its_code_and_nothing_after_it_counts(int code)
    {
        var scan = new SocketScan();
        scan.Read([.. Close(code, 0xC3, 0xA9), 0xFF, 0xFF, 0xFF]);
        Assert.Equal((null, code), (scan.Violation, scan.CloseCode));
    }

    [Theory]
    [InlineData(0x89)]
    [InlineData(0x8A)]
    public void A_control_frame_may_carry_125_bytes(byte first)
    {
        var scan = new SocketScan();
        scan.Read([.. Frame(first, new byte[125]), .. Frame(0x81, 1)]);
        Assert.Equal((null, 0), (scan.Violation, scan.Unfinished));
    }

    [Fact]
    public void A_close_without_a_code_is_1005_and_an_unfinished_one_is_none()
    {
        var scan = new SocketScan();
        scan.Read(Frame(0x88));
        Assert.Equal(1005, scan.CloseCode);
        scan = new SocketScan();
        scan.Read(Close(1000).AsSpan()[..^1]);
        Assert.Equal((null, null), (scan.Violation, scan.CloseCode));
    }

    [Fact]
    public void What_has_begun_is_unfinished_until_it_is_whole_and_the_next_one_is_another()
    {
        var scan = new SocketScan();
        Assert.Equal(0, scan.Unfinished);
        scan.Read([0x01]);
        Assert.Equal(1, scan.Unfinished);
        scan.Read(Frame(0x01, 1).AsSpan()[1..]);
        scan.Read(Frame(0x89, 1));
        Assert.Equal(1, scan.Unfinished);
        scan.Read(Frame(0x80, 1, 2).AsSpan()[..^1]);
        Assert.Equal(1, scan.Unfinished);
        scan.Read([2]);
        Assert.Equal(0, scan.Unfinished);
        scan.Read([.. Frame(0x81, 1), .. Frame(0x81, 1).AsSpan()[..^1]]);
        Assert.Equal(3, scan.Unfinished);
        scan.Read([1]);
        Assert.Equal(0, scan.Unfinished);
        scan.Read([0x89]);
        Assert.Equal(4, scan.Unfinished);
        scan.Read(Frame(0x89).AsSpan()[1..]);
        Assert.Equal(0, scan.Unfinished);
    }

    [Theory]
    [InlineData(126)]
    [InlineData(0x8000)]
    [InlineData(0xFF80)]
    [InlineData(0x1_0080)]
    [InlineData(0x80_8080)]
    public void A_length_is_negative_by_its_first_bit_alone(int length)
    {
        var scan = new SocketScan();
        scan.Read(Frame(0x82, new byte[length]));
        Assert.Equal((null, 0L), (scan.Violation, scan.Unfinished));
        scan.Read(Frame(0x81, 1));
        Assert.Null(scan.Violation);
    }

    [Fact]
    public void A_close_is_no_message()
    {
        var scan = new SocketScan();
        scan.Read(Frame(0x88));
        Assert.Equal(0, scan.Unfinished);
    }

    [Fact]
    public void Any_bytes_come_to_the_same_however_they_are_split() =>
        Gen.Select(Gen.Byte.Array[0, 60], Gen.Int[1, 9]).Sample((bytes, piece) =>
        {
            var (whole, pieces) = (new SocketScan(), new SocketScan());
            whole.Read(bytes);
            foreach (var chunk in bytes.Chunk(piece))
            {
                pieces.Read(chunk);
            }

            Assert.Equal((whole.Violation, whole.CloseCode, whole.Unfinished), (pieces.Violation, pieces.CloseCode, pieces.Unfinished));
        });

    private static byte[] Close(int code, params byte[] reason) => Frame(0x88, [(byte)(code >> 8), (byte)code, .. reason]);

    private static byte[] Frame(byte first, params byte[] payload)
    {
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)]
            : payload.Length < 65_536 ? [0xFE, (byte)(payload.Length >> 8), (byte)payload.Length]
            : [0xFF, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length];
        return [first, .. length, .. _mask, .. payload.Select(static (b, i) => (byte)(b ^ _mask[i % 4]))];
    }
}
