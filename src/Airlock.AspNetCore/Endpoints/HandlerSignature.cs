using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore;

/// <summary>A handler as the application writes it, understood or refused when its endpoint is mapped, and turned into one delegate.</summary>
internal sealed class HandlerSignature
{
    private const string Allowed =
        "A handler takes a Turn, a CancellationToken, an IServiceProvider, values of its route by their names, and services (also [FromKeyedServices]), in any order, and returns Task, ValueTask or void.";

    private static readonly MethodInfo _required = Method(typeof(ServiceProviderServiceExtensions), nameof(ServiceProviderServiceExtensions.GetRequiredService));
    private static readonly MethodInfo _optional = Method(typeof(ServiceProviderServiceExtensions), nameof(ServiceProviderServiceExtensions.GetService));
    private static readonly MethodInfo _requiredKeyed = Method(typeof(ServiceProviderKeyedServiceExtensions), nameof(ServiceProviderKeyedServiceExtensions.GetRequiredKeyedService));
    private static readonly MethodInfo _optionalKeyed = Method(typeof(ServiceProviderKeyedServiceExtensions), nameof(ServiceProviderKeyedServiceExtensions.GetKeyedService));
    private static readonly Type[] _requestTypes = [typeof(HttpContext), typeof(HttpRequest), typeof(HttpResponse), typeof(System.Security.Claims.ClaimsPrincipal), typeof(System.Net.WebSockets.WebSocket)];

    private readonly ParameterExpression _turn = Expression.Parameter(typeof(Turn), "turn");
    private readonly ParameterExpression _provider = Expression.Parameter(typeof(IServiceProvider), "services");
    private readonly ParameterExpression _stop = Expression.Parameter(typeof(CancellationToken), "stop");
    private readonly NullabilityInfoContext _nullability = new();
    private readonly List<RouteArgument> _routes = [];
    private readonly IServiceProviderIsService? _known;
    private readonly RoutePattern _pattern;
    private readonly bool _isWhole;

    private HandlerSignature(Delegate handler, IServiceProvider services, RoutePattern pattern, bool isWhole)
    {
        _known = services.GetService<IServiceProviderIsService>();
        (_pattern, _isWhole) = (pattern, isWhole);
        if (handler.GetInvocationList().Length > 1)
        {
            throw Refuse("The handler is several delegates in one; only the last one's task would be waited for. Map one that calls the others.");
        }

        // What a delegate takes and returns is said by its type; names, attributes and defaults by its method, which may have a hidden parameter more at its front.
        var takes = handler.GetType().GetMethod("Invoke")!;
        var says = handler.Method.GetParameters();
        var parameters = takes.GetParameters();
        RefuseReturn(handler.Method, takes.ReturnType);
        var arguments = parameters.Select((p, i) => Bind(p.ParameterType, says.ElementAtOrDefault(i + says.Length - parameters.Length) ?? p, p)).ToArray();
        if (parameters.Select(static p => p.ParameterType).FirstOrDefault(t => (t == typeof(Turn) || t == typeof(CancellationToken)) && parameters.Count(p => p.ParameterType == t) > 1) is { } twice)
        {
            throw Refuse($"The handler takes two of {twice.Name}; there is one.");
        }

        Handle = Expression.Lambda<Func<Turn, IServiceProvider, CancellationToken, Task>>(AsTask(Expression.Invoke(Expression.Constant(handler), arguments)), _turn, _provider, _stop).Compile();
    }

    /// <summary>Calls the handler.</summary>
    internal Func<Turn, IServiceProvider, CancellationToken, Task> Handle { get; }

    /// <summary>Whether it takes services, which need a scope.</summary>
    internal bool TakesServices { get; private set; }

    /// <summary>The values of the route that it takes.</summary>
    internal IReadOnlyList<RouteArgument> Routes => _routes;

    /// <summary>Understands a handler.</summary>
    /// <param name="handler">As the application wrote it.</param>
    /// <param name="services">What is registered.</param>
    /// <param name="pattern">The endpoint's pattern.</param>
    /// <param name="isWhole">False as long as a group may still put something before the pattern: then a value of the route that is not there yet may come.</param>
    /// <exception cref="ArgumentException">It takes or returns something that is not allowed; the message says what is.</exception>
    internal static HandlerSignature Of(Delegate handler, IServiceProvider services, RoutePattern pattern, bool isWhole = true) => new(Innermost(handler), services, pattern, isWhole);

    /// <summary>A delegate made of a delegate is called the same and hides what the inner one says.</summary>
    internal static Delegate Innermost(Delegate handler)
    {
        while (handler is { Target: Delegate inner, Method.Name: "Invoke" } && handler.GetInvocationList().Length == 1)
        {
            handler = inner;
        }

        return handler;
    }

    /// <param name="type">What has to be passed.</param>
    /// <param name="parameter">The method's parameter.</param>
    /// <param name="outer">The delegate's: its default counts too. The same as <paramref name="parameter"/> for the object of an instance method, which must be there.</param>
    private Expression Bind(Type type, ParameterInfo parameter, ParameterInfo outer)
    {
        var what = $"The handler's parameter '{NameOf(type)} {parameter.Name}'";
        RefuseKind(type, parameter, what);
        if (type == typeof(Turn))
        {
            return _turn;
        }

        if (type == typeof(CancellationToken))
        {
            return _stop;
        }

        var attributes = parameter.GetCustomAttributes(inherit: true).Concat(outer.GetCustomAttributes(inherit: true)).ToList();
        RefuseAttributes(attributes, what);
        var defaults = parameter.HasDefaultValue ? parameter : outer.HasDefaultValue ? outer : null;
        var isOptional = defaults is not null || Nullable.GetUnderlyingType(type) is not null || (!type.IsValueType && parameter != outer && _nullability.Create(parameter).WriteState == NullabilityState.Nullable);
        var missing = defaults?.DefaultValue is { } value ? Expression.Convert(Expression.Constant(Nullable.GetUnderlyingType(type) is { IsEnum: true } e ? Enum.ToObject(e, value) : value), type) : (Expression)Expression.Default(type);
        var keyed = attributes.OfType<FromKeyedServicesAttribute>().FirstOrDefault();
        var route = attributes.OfType<IFromRouteMetadata>().FirstOrDefault();
        if (keyed is null && !attributes.OfType<IFromServiceMetadata>().Any())
        {
            var name = route?.Name ?? parameter.Name ?? "";
            var isReadable = RouteArgument.ParserOf(type) is not null;
            var isThere = _pattern.GetParameter(name) is not null;
            if (route is not null && !isReadable)
            {
                throw Refuse($"{what} is to come from the route, and a {NameOf(type)} cannot be read from a text. Give it a static TryParse, or take a string.");
            }

            if (isReadable && (isThere || (route is not null && !_isWhole)))
            {
                var argument = new RouteArgument(name, type, isOptional, Expression.Lambda<Func<object?>>(Expression.Convert(missing, typeof(object))).Compile()());
                _routes.Add(argument);
                return Expression.Convert(Expression.Call(Expression.Constant(argument), nameof(RouteArgument.Read), null, _turn), type);
            }

            if (route is not null || (isReadable && !isOptional && _isWhole && type != typeof(IServiceProvider) && _known?.IsService(type) == false))
            {
                throw Refuse($"{what} is no parameter of the route '{_pattern.RawText}' ({(_pattern.Parameters.Count == 0 ? "which has none" : string.Join(", ", _pattern.Parameters.Select(static p => p.Name)))}) and no registered service.");
            }

            if (isReadable && !isOptional && !_isWhole && _known?.IsService(type) == false)
            {
                // A group's prefix may have it.
                return missing;
            }
        }

        if (type == typeof(IServiceProvider))
        {
            TakesServices = true;
            return _provider;
        }

        return Service(type, keyed, isOptional, missing, what);
    }

    private Expression Service(Type type, FromKeyedServicesAttribute? keyed, bool isOptional, Expression missing, string what)
    {
        var key = keyed?.Key;
        var isKnown = key is null ? _known?.IsService(type) : (_known as IServiceProviderIsKeyedService)?.IsKeyedService(type, key);
        if (isKnown == false)
        {
            return isOptional ? missing : throw Refuse($"{what} is nothing known here and no registered service{(key is null ? "" : $" with the key '{key}'")}.");
        }

        TakesServices = true;
        isOptional &= isKnown is null;
        var found = key is null
            ? Expression.Call((isOptional ? _optional : _required).MakeGenericMethod(type), _provider)
            : Expression.Call((isOptional ? _optionalKeyed : _requiredKeyed).MakeGenericMethod(type), _provider, Expression.Constant(key, typeof(object)));
        return isOptional && !type.IsValueType ? Expression.Coalesce(found, missing) : found;
    }

    private static void RefuseKind(Type type, ParameterInfo parameter, string what)
    {
        if (type.IsByRef)
        {
            throw Refuse($"{what} is passed by reference (ref, in or out), and nothing could come back. Take it by value.");
        }

        if (type.IsPointer || type.IsFunctionPointer || type.IsByRefLike)
        {
            throw Refuse($"{what} cannot be kept over an await (a pointer or a ref struct). Read it inside of the handler, e.g. from turn.Message.Span.");
        }

        if (parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)))
        {
            throw Refuse($"{what} is 'params', and nobody writes arguments. Leave the word out to take a service.");
        }

        if (type == typeof(CancellationToken?))
        {
            throw Refuse($"{what} may not be missing: write CancellationToken.");
        }

        if (_requestTypes.Any(t => t.IsAssignableFrom(type)))
        {
            throw Refuse($"{what} belongs to a request, and a turn outlives the request and the connection it came by. Who sent the message is turn.Principal, and values of the route come by their names.");
        }
    }

    private static void RefuseAttributes(List<object> attributes, string what)
    {
        if (attributes.FirstOrDefault(static a => a is IFromQueryMetadata or IFromHeaderMetadata or IFromFormMetadata or IFromBodyMetadata or AsParametersAttribute) is { } foreign)
        {
            throw Refuse($"{what} has [{foreign.GetType().Name.Replace("Attribute", "", StringComparison.Ordinal)}], which belongs to a request, and a turn outlives the request. " +
                "Read the message with turn.As<T>(); values of the route come by their names.");
        }

        if (attributes.Count(static a => a is IFromRouteMetadata or IFromServiceMetadata or FromKeyedServicesAttribute) > 1)
        {
            throw Refuse($"{what} has two attributes that say where it comes from. Keep one.");
        }
    }

    private static void RefuseReturn(MethodInfo method, Type returns)
    {
        if (returns == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute)))
        {
            throw Refuse("The handler is 'async void': nobody could wait for it, and one exception would end the process. Write 'async Task'.");
        }

        if (returns != typeof(Task) && returns != typeof(ValueTask) && returns != typeof(void))
        {
            var isStream = returns.GetInterfaces().Append(returns).Any(static i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
            throw Refuse($"The handler returns {NameOf(returns)}, which would go nowhere: {(isStream ? "send each part with turn.StreamAsync" : "answer with turn.SendAsync")}.");
        }
    }

    private static Expression AsTask(Expression call) =>
        call.Type == typeof(void) ? Expression.Block(call, Expression.Constant(Task.CompletedTask))
        : call.Type == typeof(ValueTask) ? Expression.Call(call, typeof(ValueTask).GetMethod(nameof(ValueTask.AsTask))!)
        : Expression.Coalesce(call, Expression.Throw(Expression.New(typeof(InvalidOperationException).GetConstructor([typeof(string)])!, Expression.Constant("The handler returned null where it must return a task.")), typeof(Task)));

    private static ArgumentException Refuse(string why) => new($"{why} {Allowed}");

    /// <summary>As it is written, more or less.</summary>
    private static string NameOf(Type type) =>
        type.HasElementType ? NameOf(type.GetElementType()!) + type.Name[type.GetElementType()!.Name.Length..]
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;

    private static MethodInfo Method(Type type, string name) => type.GetMethods().Single(m => m.Name == name && m.IsGenericMethodDefinition);
}
