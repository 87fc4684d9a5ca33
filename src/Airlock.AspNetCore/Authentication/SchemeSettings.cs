using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore;

/// <summary>The options of the scheme that did the work, which may not be the one that was asked: schemes forward.</summary>
/// <remarks>
/// What only bearer schemes have is read by the names of its public members, so that an application without such a scheme neither needs nor loads their packages.
/// A test holds each name against the real type. Where a name is not found, nothing is concluded from it.
/// </remarks>
/// <param name="Name">The scheme's name.</param>
/// <param name="Options">Its options; null if its handler is not made as ASP.NET Core's are.</param>
internal sealed record SchemeSettings(string Name, AuthenticationSchemeOptions? Options)
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
    private const int ForwardsMax = 8;
    private static readonly TimeSpan _clockSkewMax = TimeSpan.FromDays(36500);

    /// <summary>How far clocks may differ for this scheme; zero where it has no such setting. At most a hundred years, so that it can be taken from the time.</summary>
    internal TimeSpan ClockSkew => Of(Parameters, "ClockSkew") is not TimeSpan skew || skew < TimeSpan.Zero ? TimeSpan.Zero : skew < _clockSkewMax ? skew : _clockSkewMax;

    /// <summary>Whether the scheme goes by the end that a token names: not if the application switched that off.</summary>
    internal bool GoesByExpiry => Of(Parameters, "ValidateLifetime") is not false;

    /// <summary>Whether the application judges a token's time itself: then what it admits beyond its end is not ended by that.</summary>
    internal bool JudgesLifetimeItself => Of(Parameters, "LifetimeValidator") is not null;

    private object? Parameters => Of(Options, "TokenValidationParameters");

    /// <summary>Follows a scheme to the one that authenticates this request, as ASP.NET Core's handlers do.</summary>
    internal static async ValueTask<SchemeSettings> OfAsync(HttpContext context, string name)
    {
        var handlers = context.RequestServices.GetRequiredService<IAuthenticationHandlerProvider>();
        for (var i = 0; ; i++)
        {
            var options = Of(await handlers.GetHandlerAsync(context, name), "Options") as AuthenticationSchemeOptions;
            var target = options?.ForwardAuthenticate ?? options?.ForwardDefaultSelector?.Invoke(context) ?? options?.ForwardDefault;
            if (target is null || target == name || i == ForwardsMax)
            {
                return new SchemeSettings(name, options);
            }

            name = target;
        }
    }

    /// <summary>Whether the keys that tokens are checked with are here, and may become others by themselves.</summary>
    internal async ValueTask<SigningKeys> KeysAsync(CancellationToken cancellationToken)
    {
        if (Parameters is not { } parameters)
        {
            return SigningKeys.Fixed;
        }

        try
        {
            // Also where the application has keys of its own: the issuer's name may come from there.
            var manager = Of(Options, "ConfigurationManager");
            var fetched = manager is null ? null : Of(await ConfigurationAsync(manager, cancellationToken), "SigningKeys");
            var known = manager is not null && IsRenewed(manager) ? SigningKeys.Renewed : SigningKeys.Fixed;
            if (Of(parameters, "IssuerSigningKey") is not null || HasAny(Of(parameters, "IssuerSigningKeys")))
            {
                return known;
            }

            if (Of(parameters, "IssuerSigningKeyResolver") is Delegate resolver)
            {
                return HasAny(resolver.DynamicInvoke(string.Empty, null, string.Empty, parameters)) ? SigningKeys.Renewed : SigningKeys.Missing;
            }

            return HasAny(fetched) ? known : SigningKeys.Missing;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (e is TargetInvocationException or InvalidOperationException || Reachability.IsLost(e)))
        {
            return SigningKeys.Missing;
        }
    }

    /// <summary>A public member by its name; null if there is none, or nothing to look at.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The scheme itself uses these members, so they are kept; one that is gone counts as unknown.")]
    internal static object? Of(object? target, string property) => target?.GetType().GetProperty(property, Public)?.GetValue(target);

    private static bool HasAny(object? keys) => keys is IEnumerable some && some.GetEnumerator().MoveNext();

    /// <summary>What was written into the program stays; anything else is fetched, and fetched again.</summary>
    private static bool IsRenewed(object manager) => !manager.GetType().Name.StartsWith("StaticConfigurationManager", StringComparison.Ordinal);

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The scheme itself calls this method, so it is kept.")]
    private static async ValueTask<object?> ConfigurationAsync(object manager, CancellationToken cancellationToken)
    {
        var fetching = Array.Find(manager.GetType().GetInterfaces(), static i => i.Name == "IConfigurationManager`1")
            ?.GetMethod("GetConfigurationAsync")?.Invoke(manager, [cancellationToken]) as Task;
        await (fetching ?? Task.CompletedTask);
        return Of(fetching, "Result");
    }
}
