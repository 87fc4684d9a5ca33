namespace Airlock.Client.Tests.Reference;

/// <summary>What a <see cref="FaultProxy"/> does to a connection, once so many bytes have gone one way.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Up">Whether bytes from client to server count; else those to the client.</param>
/// <param name="AfterBytes">How many bytes are still passed on.</param>
public sealed record ProxyFault(FaultKind Kind, bool Up, int AfterBytes);
