using System.Net;
using System.Net.Sockets;

namespace Airlock.AspNetCore;

/// <summary>What counts as one address for a limit.</summary>
internal static class ClientAddress
{
    /// <summary>An IPv4 address as it is; of an IPv6 address the first 64 bits, since one household or host has all of the rest, but <c>localhost</c> for this machine's own; null if there is none.</summary>
    internal static string? Of(IPAddress? address)
    {
        if (address is null)
        {
            return null;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        if (IPAddress.IsLoopback(address))
        {
            // Its first 64 bits say nothing.
            return "localhost";
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
