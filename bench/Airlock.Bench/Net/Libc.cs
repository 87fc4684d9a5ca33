using System.Runtime.InteropServices;

namespace Airlock.Bench.Net;

/// <summary>The system calls that the generator lives on (Linux).</summary>
internal static unsafe partial class Libc
{
    public const int Again = 11;
    public const int InProgress = 115;
    public const uint In = 1;
    public const uint Out = 4;
    public const int Add = 1;
    public const int Remove = 2;
    public const int Modify = 3;
    private const int Inet = 2;
    private const int StreamNonBlockingCloseOnExec = 0x1 | 0x800 | 0x80000;
    private const int NoSignal = 0x4000;

    /// <summary>Opens a non-blocking TCP socket on loopback and begins to connect it.</summary>
    /// <param name="source">The last three bytes of the own address in 127.0.0.0/8, so that no pair of addresses runs out of ports.</param>
    /// <param name="port">The server's port on 127.0.0.1.</param>
    public static int Connect(int source, int port)
    {
        var socket = Checked(Socket(Inet, StreamNonBlockingCloseOnExec, 0), "socket");
        var one = 1;
        // TCP_NODELAY; IP_BIND_ADDRESS_NO_PORT: the port is chosen when both addresses are known.
        Checked(SetSocketOption(socket, 6, 1, &one, sizeof(int)), "setsockopt");
        Checked(SetSocketOption(socket, 0, 24, &one, sizeof(int)), "setsockopt");
        var own = Address(source, 0);
        Checked(Bind(socket, &own, sizeof(long) * 2), "bind");
        var theirs = Address(1, port);
        if (Connect(socket, &theirs, sizeof(long) * 2) != 0 && Marshal.GetLastPInvokeError() is var error && error != InProgress)
        {
            throw new BenchException($"A connection to port {port} fails: {Marshal.GetPInvokeErrorMessage(error)}.");
        }

        return socket;
    }

    /// <summary>Sends; returns the number of bytes, 0 if the socket is full, or −1 if the connection is lost.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
        {
            var sent = (int)Send(socket, at, bytes.Length, NoSignal);
            return sent >= 0 ? sent : Marshal.GetLastPInvokeError() == Again ? 0 : -1;
        }
    }

    /// <summary>Receives; returns the number of bytes, 0 at the end of the stream or if the connection is lost, or −1 if there is nothing yet.</summary>
    public static int Receive(int socket, Span<byte> into)
    {
        fixed (byte* at = into)
        {
            var received = (int)Receive(socket, at, into.Length, 0);
            return received >= 0 ? received : Marshal.GetLastPInvokeError() == Again ? -1 : 0;
        }
    }

    /// <summary>Makes what tells which sockets are ready.</summary>
    public static int NewPoll() => Checked(CreatePoll(0x80000), "epoll_create1");

    /// <summary>Watches a socket, changes what it is watched for, or lets go of it.</summary>
    public static void Watch(int poll, int operation, int socket, uint events)
    {
        var watched = stackalloc byte[16];
        *(uint*)watched = events;
        *(long*)(watched + (EventSize - sizeof(long))) = socket;
        Checked(ControlPoll(poll, operation, socket, watched), "epoll_ctl");
    }

    /// <summary>Waits for sockets that are ready.</summary>
    /// <param name="poll">What watches them.</param>
    /// <param name="ready">Gets the sockets.</param>
    /// <param name="milliseconds">How long to wait at most.</param>
    public static int Wait(int poll, Span<int> ready, int milliseconds)
    {
        var events = stackalloc byte[EventSize * ready.Length];
        var count = WaitPoll(poll, events, ready.Length, milliseconds);
        for (var i = 0; i < count; i++)
        {
            ready[i] = (int)*(long*)(events + (EventSize * i) + (EventSize - sizeof(long)));
        }

        return Math.Max(0, count);
    }

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    // The kernel packs this structure on x64 only.
    private static int EventSize => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static (long, long) Address(int host, int port) =>
        (Inet | ((long)(byte)(port >> 8) << 16) | ((long)(byte)port << 24) | (127L << 32) | ((long)(byte)(host >> 16) << 40) | ((long)(byte)(host >> 8) << 48) | ((long)(byte)host << 56), 0);

    private static int Checked(int result, string call) =>
        result >= 0 ? result : throw new BenchException($"{call} fails: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSocketOption(int socket, int level, int name, int* value, int length);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int socket, (long, long)* address, int length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(int socket, (long, long)* address, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreatePoll(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int ControlPoll(int poll, int operation, int socket, byte* watched);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitPoll(int poll, byte* events, int max, int milliseconds);
}
