using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore;

/// <summary>Who may come in: what <c>RequireAuthorization</c>, <c>AllowAnonymous</c> and the handler's attributes said. It counts for the connection, not for its HTTP request.</summary>
/// <param name="AllowsAnonymous">Whether nobody has to be known.</param>
/// <param name="Data">The policies asked for by name, role or scheme.</param>
/// <param name="Policies">The policies given as such.</param>
/// <param name="Requirements">Attributes that are requirements themselves.</param>
internal sealed record Access(bool AllowsAnonymous, IReadOnlyList<IAuthorizeData> Data, IReadOnlyList<AuthorizationPolicy> Policies, IReadOnlyList<IAuthorizationRequirementData> Requirements)
{
    /// <summary>Takes the access rules out of an endpoint's metadata, and leaves the HTTP endpoint anonymous.</summary>
    internal static Access TakeFrom(IList<object> metadata)
    {
        var access = new Access(
            metadata.OfType<IAllowAnonymous>().Any(), [.. metadata.OfType<IAuthorizeData>()], [.. metadata.OfType<AuthorizationPolicy>()], [.. metadata.OfType<IAuthorizationRequirementData>()]);
        for (var i = metadata.Count - 1; i >= 0; i--)
        {
            if (metadata[i] is IAuthorizeData or AuthorizationPolicy or IAuthorizationRequirementData)
            {
                metadata.RemoveAt(i);
            }
        }

        metadata.Add(new AllowAnonymousAttribute());
        return access;
    }

    /// <summary>Fails early, in words, where a connection could never be authenticated.</summary>
    internal void Check(string path, IServiceProvider services)
    {
        if (!AllowsAnonymous && services.GetService<Microsoft.AspNetCore.Authentication.IAuthenticationSchemeProvider>() is null)
        {
            throw new InvalidOperationException(
                $"The endpoint {path} needs to know its users, and no authentication is set up. Call services.AddAuthentication() with a scheme such as AddJwtBearer(), or .AllowAnonymous() on the endpoint.");
        }

        if ((Data.Count > 0 || Policies.Count > 0 || Requirements.Count > 0) && services.GetService<IAuthorizationService>() is null)
        {
            throw new InvalidOperationException($"The endpoint {path} asks for a policy; call services.AddAuthorization().");
        }
    }

    /// <summary>The policy, or null if it is enough to be known.</summary>
    internal async ValueTask<AuthorizationPolicy?> PolicyAsync(IServiceProvider services)
    {
        if (AllowsAnonymous)
        {
            return null;
        }

        if (services.GetService<IAuthorizationPolicyProvider>() is not { } provider)
        {
            return null;
        }

        var policy = await AuthorizationPolicy.CombineAsync(provider, Data, Policies);
        if (Requirements.Count > 0)
        {
            var required = new AuthorizationPolicyBuilder().AddRequirements([.. Requirements.SelectMany(static r => r.GetRequirements())]).Build();
            policy = policy is null ? required : AuthorizationPolicy.Combine(policy, required);
        }

        return policy ?? await provider.GetDefaultPolicyAsync();
    }
}
