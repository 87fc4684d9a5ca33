namespace Airlock.Client;

/// <summary>What <see cref="AirlockClientOptions.Token"/> and <see cref="AirlockClientOptions.Ticket"/> are asked with. It can be passed on as its cancellation token.</summary>
/// <param name="Reason">Why credentials are asked for.</param>
/// <param name="Cancellation">Fires when nobody waits for the answer any more: after <see cref="AirlockClientOptions.ConnectTimeout"/>, or when the client ends. An answer that comes later is dropped.</param>
public readonly record struct CredentialsRequest(CredentialsReason Reason, CancellationToken Cancellation)
{
    /// <summary>The request's cancellation token.</summary>
    /// <param name="request">The request.</param>
    public static implicit operator CancellationToken(CredentialsRequest request) => request.Cancellation;

    /// <summary>The request's cancellation token, by name.</summary>
    public CancellationToken ToCancellationToken() => Cancellation;
}
