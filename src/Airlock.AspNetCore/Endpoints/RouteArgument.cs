using System.Globalization;
using System.Reflection;

namespace Airlock.AspNetCore;

/// <summary>One parameter of a handler that is a value of its route. Made when the endpoint is mapped; each request is checked with it before its upgrade, so that a turn never meets a value it cannot read.</summary>
internal sealed class RouteArgument
{
    private readonly Func<string, object?> _parse;
    private readonly object? _missing;
    private readonly bool _isOptional;

    /// <param name="name">The route's parameter.</param>
    /// <param name="type">A type that <see cref="ParserOf"/> knows.</param>
    /// <param name="isOptional">Whether the value may be missing.</param>
    /// <param name="missing">What the handler is given then.</param>
    internal RouteArgument(string name, Type type, bool isOptional, object? missing) =>
        (Name, _parse, _isOptional, _missing) = (name, ParserOf(type)!, isOptional, missing);

    internal string Name { get; }

    /// <summary>Whether the handler can be given what a request's route holds.</summary>
    internal bool Accepts(IReadOnlyDictionary<string, string> route) => route.TryGetValue(Name, out var text) ? _parse(text) is not null : _isOptional;

    /// <summary>The value for the handler.</summary>
    internal object? Read(Turn turn) =>
        !turn.Route.TryGetValue(Name, out var text) ? _missing
        : _parse(text) ?? throw new InvalidOperationException($"The route's value '{Name}' cannot be read as what the handler takes; the session was made by something else than this endpoint.");

    /// <summary>Reads a text as a type, as minimal APIs do: strings, enumerations, <see cref="Uri"/> and whatever has a <c>TryParse</c>; null for what it is not.</summary>
    /// <returns>Null if the type cannot be read from a text.</returns>
    internal static Func<string, object?>? ParserOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? static text => text
            : type.IsEnum ? text => Enum.TryParse(type, text, ignoreCase: true, out var value) ? value : null
            : type == typeof(Uri) ? static text => Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var uri) ? uri : null
            : type.GetInterfaces().Contains(ParsableOf(type)) ? (Func<string, object?>)Delegate.CreateDelegate(typeof(Func<string, object?>), typeof(RouteArgument).GetMethod(nameof(ParseParsable), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type))
            : TryParse(type, [typeof(string), typeof(IFormatProvider), type.MakeByRefType()]) is { } cultural ? text => Call(cultural, [text, CultureInfo.InvariantCulture, null])
            : TryParse(type, [typeof(string), type.MakeByRefType()]) is { } plain ? text => Call(plain, [text, null])
            : null;
    }

    private static Type? ParsableOf(Type type)
    {
        try
        {
            return typeof(IParsable<>).MakeGenericType(type);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or TypeLoadException)
        {
            // Its parameter must be parsable itself, and most types are not.
            return null;
        }
    }

    private static object? ParseParsable<T>(string text)
        where T : IParsable<T> => T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static MethodInfo? TryParse(Type type, Type[] parameters) =>
        type.GetMethod("TryParse", BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy, parameters) is { } found && found.ReturnType == typeof(bool) ? found : null;

    private static object? Call(MethodInfo tryParse, object?[] arguments)
    {
        try
        {
            return tryParse.Invoke(null, arguments) is true ? arguments[^1] : null;
        }
        catch (TargetInvocationException)
        {
            // A parser that throws has not read the text either.
            return null;
        }
    }
}
