using System.Net.Sockets;

namespace Airlock.AspNetCore;

/// <summary>Whether a failure means that somebody who was needed, such as an authority, could not be reached.</summary>
internal static class Reachability
{
    internal static bool IsLost(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException)
            {
                return true;
            }
        }

        return false;
    }
}
