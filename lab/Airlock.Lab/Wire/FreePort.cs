using System.Net;
using System.Net.Sockets;

namespace Airlock.Lab.Wire;

/// <summary>Ports of the loopback for programs that cannot choose one themselves.</summary>
internal static class FreePort
{
    /// <summary>A port that nobody listens on at the moment.</summary>
    public static int Take()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }
}
