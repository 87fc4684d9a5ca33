extern alias shipped;

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using shipped::Airlock.Client;

namespace Airlock.Lab.Subjects.Production;

/// <summary>What the lab asks of a shipped client that an application has no need to ask.</summary>
internal static class ClientInside
{
    private static readonly Func<ClientCore, bool> _check = static core =>
    {
        core.Session.CheckInvariants();
        return true;
    };

    /// <summary>Checks what its session, inbox and outbox promise.</summary>
    /// <param name="client">Which client.</param>
    public static void CheckInvariants(AirlockClient client) => DriverOf(client).Ask(_check);

    /// <summary>How many connections it holds.</summary>
    /// <param name="client">Which client.</param>
    public static int Transports(AirlockClient client) => TransportsOf(DriverOf(client)).Count;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_driver")]
    private static extern ref Driver DriverOf(AirlockClient client);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_transports")]
    private static extern ref ConcurrentDictionary<Link, Transport> TransportsOf(Driver driver);
}
