namespace Airlock.Client;

/// <summary>Asks the application for credentials, and does not let calls that are never answered pile up.</summary>
internal sealed class CredentialsSource(AirlockClientOptions options)
{
    /// <summary>How many calls may be unanswered at once: each keeps what the application's code holds.</summary>
    private const int UnansweredMax = 8;

    private int _unanswered;

    /// <summary>Asks, until given up.</summary>
    /// <exception cref="Exception">Whatever the application's code throws; or what it gave is no token or ticket.</exception>
    public async Task<Offer> AskAsync(CredentialsReason reason, Abandonment abandonment)
    {
        if (options.Token is null && options.Ticket is null)
        {
            return Offer.Of(null, null, options.CredentialsIn);
        }

        if (Interlocked.Increment(ref _unanswered) > UnansweredMax)
        {
            Interlocked.Decrement(ref _unanswered);
            throw new InvalidOperationException($"{UnansweredMax} earlier calls of the credentials callback have not returned.");
        }

        return await abandonment.AskAsync(async cancellation =>
        {
            try
            {
                var request = new CredentialsRequest(reason, cancellation);
                return Offer.Of(
                    options.Token is { } token ? await token(request) : null,
                    options.Ticket is { } ticket ? await ticket(request) : null,
                    options.CredentialsIn);
            }
            finally
            {
                Interlocked.Decrement(ref _unanswered);
            }
        });
    }
}
