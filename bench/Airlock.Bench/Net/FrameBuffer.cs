using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Airlock.Bench.Net;

/// <summary>Bytes on their way out.</summary>
internal sealed class FrameBuffer
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Starts anew.</summary>
    public void Clear() => _length = 0;

    /// <summary>Appends bytes as they are.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Appends one masked frame (RFC 6455 §5.2).</summary>
    public void AppendFrame(byte first, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> mask)
    {
        var header = Take(payload.Length < 126 ? 2 : payload.Length <= ushort.MaxValue ? 4 : 10);
        header[0] = first;
        if (header.Length == 2)
        {
            header[1] = (byte)(0x80 | payload.Length);
        }
        else if (header.Length == 4)
        {
            header[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)payload.Length);
        }
        else
        {
            header[1] = 0x80 | 127;
            BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)payload.Length);
        }

        Append(mask);
        Mask(payload, Take(payload.Length), MemoryMarshal.Read<uint>(mask));
    }

    private static void Mask(ReadOnlySpan<byte> from, Span<byte> to, uint mask)
    {
        var wide = mask | ((ulong)mask << 32);
        var i = 0;
        for (; i + 8 <= from.Length; i += 8)
        {
            MemoryMarshal.Write(to[i..], MemoryMarshal.Read<ulong>(from[i..]) ^ wide);
        }

        for (; i < from.Length; i++)
        {
            to[i] = (byte)(from[i] ^ (byte)(mask >> (8 * (i % 4))));
        }
    }

    private Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(256, Math.Max(_length + count, _bytes.Length * 2)));
        }

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
