using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore;

/// <summary>Turns a handler as the application writes it into one delegate, once, when the endpoint is mapped.</summary>
internal static class HandlerSignature
{
    private const string Allowed =
        "A handler takes a Turn, a CancellationToken, an IServiceProvider and services (also [FromKeyedServices]), in any order, and returns Task, ValueTask or void.";

    private static readonly MethodInfo _required = Method(typeof(ServiceProviderServiceExtensions), nameof(ServiceProviderServiceExtensions.GetRequiredService));
    private static readonly MethodInfo _optional = Method(typeof(ServiceProviderServiceExtensions), nameof(ServiceProviderServiceExtensions.GetService));
    private static readonly MethodInfo _requiredKeyed = Method(typeof(ServiceProviderKeyedServiceExtensions), nameof(ServiceProviderKeyedServiceExtensions.GetRequiredKeyedService));
    private static readonly MethodInfo _optionalKeyed = Method(typeof(ServiceProviderKeyedServiceExtensions), nameof(ServiceProviderKeyedServiceExtensions.GetKeyedService));

    /// <summary>Compiles the handler.</summary>
    /// <exception cref="ArgumentException">It takes or returns something that is not allowed; the message says what is.</exception>
    /// <returns>The handler, and whether it takes services.</returns>
    internal static (Func<Turn, IServiceProvider, CancellationToken, Task> Handler, bool TakesServices) Compile(Delegate handler, IServiceProvider services)
    {
        var takesServices = false;
        var turn = Expression.Parameter(typeof(Turn), "turn");
        var provider = Expression.Parameter(typeof(IServiceProvider), "services");
        var stop = Expression.Parameter(typeof(CancellationToken), "stop");
        var known = services.GetService<IServiceProviderIsService>();
        var nullability = new NullabilityInfoContext();
        // A compiled lambda's own method has a hidden first parameter; the delegate's type does not show it, the method does.
        var arguments = handler.Method.GetParameters().Where(static p => p.ParameterType.FullName != "System.Runtime.CompilerServices.Closure").Select(Bind).ToArray();
        var call = Expression.Invoke(Expression.Constant(handler), arguments);
        return (Expression.Lambda<Func<Turn, IServiceProvider, CancellationToken, Task>>(AsTask(call, handler.Method.ReturnType), turn, provider, stop).Compile(), takesServices);

        Expression Bind(ParameterInfo parameter)
        {
            var type = parameter.ParameterType;
            if (type == typeof(Turn))
            {
                return turn;
            }

            if (type == typeof(CancellationToken))
            {
                return stop;
            }

            takesServices = true;
            if (type == typeof(IServiceProvider))
            {
                return provider;
            }

            var key = parameter.GetCustomAttribute<FromKeyedServicesAttribute>()?.Key;
            var isKnown = key is null ? known?.IsService(type) : (known as IServiceProviderIsKeyedService)?.IsKeyedService(type, key);
            var isOptional = parameter.HasDefaultValue || (!type.IsValueType && nullability.Create(parameter).WriteState == NullabilityState.Nullable);
            if (type.IsByRef || (isKnown == false && !isOptional))
            {
                throw new ArgumentException($"The handler's parameter '{type.Name} {parameter.Name}' is nothing known here and no registered service. {Allowed}", nameof(handler));
            }

            return key is null
                ? Expression.Call((isOptional ? _optional : _required).MakeGenericMethod(type), provider)
                : Expression.Call((isOptional ? _optionalKeyed : _requiredKeyed).MakeGenericMethod(type), provider, Expression.Constant(key, typeof(object)));
        }
    }

    private static Expression AsTask(Expression call, Type returns)
    {
        if (returns == typeof(Task))
        {
            return call;
        }

        if (returns == typeof(ValueTask))
        {
            return Expression.Call(call, typeof(ValueTask).GetMethod(nameof(ValueTask.AsTask))!);
        }

        if (returns == typeof(void))
        {
            return Expression.Block(call, Expression.Constant(Task.CompletedTask));
        }

        throw new ArgumentException($"The handler returns {returns.Name}, which would go nowhere: answer with turn.SendAsync. {Allowed}", nameof(returns));
    }

    private static MethodInfo Method(Type type, string name) => type.GetMethods().Single(m => m.Name == name && m.IsGenericMethodDefinition);
}
