using System.Net;
using System.Net.Sockets;

namespace Airlock.Lab.Wire;

/// <summary>Ports of the loopback for programs that cannot choose one themselves.</summary>
internal static class FreePort
{
    /// <summary>A port that nobody listens on at the moment, below those that systems give to connections and to whoever asks for any: what runs beside this does not take it before it is used.</summary>
    public static int Take()
    {
        for (var tries = 1; ; tries++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException) when (tries < 100)
            {
                // Somebody listens there; another will do.
            }
        }
    }
}
