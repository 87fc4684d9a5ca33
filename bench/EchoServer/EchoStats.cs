namespace EchoServer;

/// <summary>What the process takes.</summary>
/// <param name="Resident">Bytes of memory that are resident.</param>
/// <param name="Heap">Bytes of the managed heap in use.</param>
/// <param name="Allocated">Bytes allocated since the start.</param>
/// <param name="Processor">Seconds of processor time since the start.</param>
/// <param name="Compiled">Methods compiled since the start, each as often as it was.</param>
internal sealed record EchoStats(long Resident, long Heap, long Allocated, double Processor, long Compiled);
