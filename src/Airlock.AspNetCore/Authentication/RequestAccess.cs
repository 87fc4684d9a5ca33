using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore;

/// <summary>Shows a copied request to whoever asks <see cref="IHttpContextAccessor"/> for it, while schemes and policies look at it.</summary>
/// <remarks>Only where the accessor is empty, as it is beside the driver: setting it would take the context away from the middleware of a request that is still on its way.</remarks>
internal readonly struct RequestAccess : IDisposable
{
    private readonly IHttpContextAccessor? _accessor;

    private RequestAccess(IHttpContextAccessor? accessor) => _accessor = accessor;

    internal static RequestAccess Enter(HttpContext context)
    {
        if (context.RequestServices.GetService<IHttpContextAccessor>() is not { HttpContext: null } accessor)
        {
            return default;
        }

        accessor.HttpContext = context;
        return new RequestAccess(accessor);
    }

    public void Dispose()
    {
        if (_accessor is not null)
        {
            _accessor.HttpContext = null;
        }
    }
}
