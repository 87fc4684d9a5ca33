using System.Collections.Concurrent;
using Airlock.Core;

namespace Airlock;

/// <summary>Frame writers between messages, so that an idle connection holds none.</summary>
internal static class FrameWriterPool
{
    private const int KeptMax = 64;
    private const int CapacityMax = 128 * 1024;
    private static readonly ConcurrentBag<FrameWriter> _free = [];

    internal static FrameWriter Rent() => _free.TryTake(out var writer) ? writer : new FrameWriter();

    internal static void Return(FrameWriter writer)
    {
        if (writer.Capacity <= CapacityMax && _free.Count < KeptMax)
        {
            _free.Add(writer);
        }
        else
        {
            writer.Dispose();
        }
    }
}
