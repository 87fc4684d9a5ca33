using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>Checks every range when the host starts; each failure says which option, its value and its range.</summary>
internal sealed class AirlockOptionsCheck : IValidateOptions<AirlockOptions>
{
    public ValidateOptionsResult Validate(string? name, AirlockOptions options)
    {
        var failures = new List<string>();
        Check(nameof(options.DrainTimeout), options.DrainTimeout, TimeSpan.Zero, TimeSpan.FromHours(1));
        Check(nameof(options.DrainRetryAfter), options.DrainRetryAfter, TimeSpan.Zero, TimeSpan.FromHours(1));
        Check(nameof(options.TicketLifetime), options.TicketLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        Check(nameof(options.TicketsMax), options.TicketsMax, 1, 1_000_000);
        Check(nameof(options.TicketsPerUserMax), options.TicketsPerUserMax, 1, 1000);
        Check(nameof(options.GateCheckTimeout), options.GateCheckTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Check(nameof(options.GateInterval), options.GateInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Check(nameof(options.GateIntervalClosed), options.GateIntervalClosed, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1));
        Check(nameof(options.GateFailuresMax), options.GateFailuresMax, 1, 100);
        if (options.TurnsMax is { } turns)
        {
            Check(nameof(options.TurnsMax), turns, 1, 1_000_000);
        }

        failures.AddRange(options.AllowedOrigins.Where(static origin => !Origins.IsOrigin(origin)).Select(static origin =>
            $"AllowedOrigins: '{origin}' is no origin; write scheme and host without a path, e.g. https://app.example.com, or *."));
        failures.AddRange(options.Endpoint is null ? ["Endpoint is null; leave it out for the defaults."] : options.Endpoint.Faults().Select(static fault => $"Endpoint.{fault}"));
        failures.AddRange(options.Sessions is null ? ["Sessions is null; leave it out for the defaults."] : options.Sessions.Faults().Select(static fault => $"Sessions.{fault}"));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check<T>(string option, T value, T least, T most)
            where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                failures.Add(FormattableString.Invariant($"{option} is {value}; it must be from {least} to {most}."));
            }
        }
    }
}
