using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Airlock;

/// <summary>Which message ids of one user were claimed last, and by which message. Not safe for concurrent use; its user's lock guards it.</summary>
/// <remarks>
/// A ring of claims in the order in which they were made. Those that share a bucket are linked from the newest to the oldest, so forgetting the oldest is counting on: a
/// link to what is forgotten ends the chain. Of an id 128 bits of hash are kept: texts that live for thousands of messages would be moved from generation to generation by
/// the collector, which took a third of the time of a busy server.
/// </remarks>
internal sealed class ClaimedIds(int max, long seed)
{
    private const int RingKept = 64;

    // Positions count from 1, for ever; 0 is no place.
    private Claim[] _ring = [];
    private Bucket[] _newest = [];
    private long _oldest = 1;
    private long _next = 1;

    /// <summary>How many are remembered.</summary>
    internal int Count => (int)(_next - _oldest);

    internal UInt128 KeyOf(string id) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(id.AsSpan()), seed);

    /// <summary>The last claim of an id, if it is remembered and was not given up.</summary>
    internal bool TryFind(UInt128 key, out Claim claim)
    {
        if (_ring.Length > 0)
        {
            var newest = _newest[BucketOf(key)];
            // Most ids are new. Then, most often, the bucket alone tells so, and the ring, which is seldom in the processor's cache, is not read.
            var at = newest.IsAlone && newest.Tag != TagOf(key) ? 0 : newest.Position;
            while (at >= _oldest)
            {
                claim = _ring[PlaceOf(at)];
                if (claim.Key == key)
                {
                    return !claim.IsGivenUp;
                }

                at = claim.Back > 0 ? at - claim.Back : 0;
            }
        }

        claim = default;
        return false;
    }

    /// <summary>Remembers a claim, in place of an older one of that id; the oldest of all makes room.</summary>
    /// <returns>Its position, for <see cref="Finish"/> and <see cref="GiveUp"/>.</returns>
    internal long Add(UInt128 key, long session, long sequence, long now)
    {
        if (Count == max)
        {
            _oldest++;
        }
        else if (Count == _ring.Length)
        {
            Grow();
        }

        var at = _next++;
        _ring[PlaceOf(at)] = new Claim { Key = key, Session = session, Sequence = sequence, At = now };
        Link(at);
        return at;
    }

    /// <summary>The message of a claim is done. Nothing happens if it is forgotten.</summary>
    internal void Finish(long position)
    {
        if (position >= _oldest)
        {
            _ring[PlaceOf(position)].IsDone = true;
        }
    }

    /// <summary>The message of a claim was refused, so its id may come again. Nothing happens if it is forgotten.</summary>
    internal void GiveUp(long position)
    {
        if (position >= _oldest)
        {
            _ring[PlaceOf(position)].IsGivenUp = true;
        }
    }

    /// <summary>Forgets what was claimed before an instant.</summary>
    internal void Forget(long before)
    {
        while (_oldest < _next && _ring[PlaceOf(_oldest)].At < before)
        {
            _oldest++;
        }

        if (Count == 0 && _ring.Length > RingKept)
        {
            // A user that was busy once and is quiet now keeps nothing of it.
            (_ring, _newest) = ([], []);
        }
    }

    private void Grow()
    {
        var larger = new Claim[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(max, Math.Max(4, _ring.Length * 2)))];
        for (var at = _oldest; at < _next; at++)
        {
            larger[at & (larger.Length - 1)] = _ring[PlaceOf(at)];
        }

        (_ring, _newest) = (larger, new Bucket[larger.Length * 2]);
        for (var at = _oldest; at < _next; at++)
        {
            Link(at);
        }
    }

    private void Link(long at)
    {
        ref var claim = ref _ring[PlaceOf(at)];
        ref var newest = ref _newest[BucketOf(claim.Key)];
        claim.Back = newest.Position >= _oldest ? (int)(at - newest.Position) : 0;
        newest = new Bucket(at, isAlone: claim.Back == 0, TagOf(claim.Key));
    }

    private int PlaceOf(long position) => (int)position & (_ring.Length - 1);

    private int BucketOf(UInt128 key) => (int)(ulong)key & (_newest.Length - 1);

    private static int TagOf(UInt128 key) => (int)(key >> 64) & 0x7FFF;

    /// <summary>The newest claim of a bucket: where it is, whether no other was behind it, and 15 bits of its key.</summary>
    private readonly struct Bucket(long position, bool isAlone, int tag)
    {
        private readonly long _packed = (position << 16) | (isAlone ? 0x8000L : 0) | (long)tag;

        internal long Position => _packed >> 16;

        internal bool IsAlone => (_packed & 0x8000) != 0;

        internal int Tag => (int)_packed & 0x7FFF;
    }

    /// <summary>Names the session and does not hold it: what an ended one could not deliver would stay as long as its ids.</summary>
    internal struct Claim
    {
        // In two halves, or each claim would be padded to a multiple of sixteen bytes.
        private readonly ulong _high;
        private readonly ulong _low;

        internal UInt128 Key
        {
            get => new(_high, _low);
            init => (_high, _low) = ((ulong)(value >> 64), (ulong)value);
        }

        internal long Session { get; init; }

        internal long Sequence { get; init; }

        internal long At { get; init; }

        /// <summary>How far back the one before it in its bucket is; 0 if there is none.</summary>
        internal int Back { get; set; }

        internal bool IsDone { get; set; }

        internal bool IsGivenUp { get; set; }
    }
}
