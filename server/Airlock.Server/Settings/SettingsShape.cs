using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Airlock.Server.Settings;

/// <summary>Which keys a section may have, and what their values may look like: that of the type it is bound to.</summary>
public static partial class SettingsShape
{
    /// <summary>What does not fit: one sentence for each.</summary>
    /// <param name="section">The section.</param>
    /// <param name="type">What it is bound to.</param>
    public static IEnumerable<string> Faults(IConfigurationSection section, Type type)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(type);
        var settings = Of(type);
        return section.GetChildren().SelectMany(child => settings.TryGetValue(child.Key, out var property)
            ? FaultsOfValue(child, property.PropertyType)
            : [Unknown(child.Path, settings.Keys.Select(name => $"{section.Path}:{name}"))]);
    }

    /// <summary>The settings of a type, by name: what a text, a list of texts or further settings can be set to.</summary>
    public static IReadOnlyDictionary<string, PropertyInfo> Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static p => IsList(p.PropertyType) || (p.SetMethod is { IsPublic: true } && (IsValue(p.PropertyType) || IsGroup(p.PropertyType))))
            .ToDictionary(static p => p.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether a setting holds others.</summary>
    public static bool IsGroup(Type type) => type is { IsClass: true, IsAbstract: false, Namespace: { } home } && home.StartsWith("Airlock", StringComparison.Ordinal) && type.GetConstructor(Type.EmptyTypes) is not null;

    /// <summary>Whether a setting is a list of texts.</summary>
    public static bool IsList(Type type) => type == typeof(IList<string>);

    /// <summary>The settings of a type with their defaults, one a line.</summary>
    /// <param name="section">The section's path.</param>
    /// <param name="type">What it is bound to.</param>
    public static IEnumerable<string> Lines(string section, Type type) => Lines(section, type, Activator.CreateInstance(type)!);

    /// <summary>What is wrong with a value outside its range; nothing if it is within.</summary>
    /// <param name="path">The setting.</param>
    /// <param name="value">Its value.</param>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="most">The most that is allowed.</param>
    public static IEnumerable<string> OutOfRange<T>(string path, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) < 0 || value.CompareTo(most) > 0 ? [string.Create(CultureInfo.InvariantCulture, $"{path} is {value}; it must be from {least} to {most}.")] : [];

    /// <summary>Words for a key that there is not, with the nearest one that there is.</summary>
    /// <param name="path">The key.</param>
    /// <param name="known">Those that there are; at least one.</param>
    public static string Unknown(string path, IEnumerable<string> known) => $"{path} is no setting. Did you mean {known.MinBy(name => Distance(name, path))}?";

    /// <summary>How many letters must be changed, added, left out or swapped with their neighbour to make one of the other; capitals do not count.</summary>
    public static int Distance(string one, string other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        (one, other) = (one.ToUpperInvariant(), other.ToUpperInvariant());
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var changed = rows[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(changed, 1 + Math.Min(rows[i - 1, j], rows[i, j - 1]));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], 1 + rows[i - 2, j - 2]);
                }
            }
        }

        return rows[one.Length, other.Length];
    }

    private static IEnumerable<string> Lines(string section, Type type, object defaults) => Of(type).Values.SelectMany(property => property.GetValue(defaults) switch
    {
        { } group when IsGroup(property.PropertyType) => Lines($"{section}:{property.Name}", property.PropertyType, group),
        _ when IsList(property.PropertyType) => [$"  {section}:{property.Name}:0, {section}:{property.Name}:1, ..."],
        null => [$"  {section}:{property.Name}"],
        var value => [string.Create(CultureInfo.InvariantCulture, $"  {section}:{property.Name}={value}")],
    });

    private static IEnumerable<string> FaultsOfValue(IConfigurationSection setting, Type type)
    {
        var children = setting.GetChildren().ToList();
        if (IsGroup(type))
        {
            return setting.Value is { Length: > 0 } ? [$"{setting.Path} has no value itself; it holds {string.Join(", ", Of(type).Keys.Select(name => $"{setting.Path}:{name}"))}."] : Faults(setting, type);
        }

        if (IsList(type))
        {
            return setting.Value is { Length: > 0 } ? [$"{setting.Path} is a list; set {setting.Path}:0, {setting.Path}:1 and so on."]
                : children.Where(static child => child.Value is null || !int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                    .Select(child => $"{child.Path} is no setting. {setting.Path} is a list; set {setting.Path}:0, {setting.Path}:1 and so on.");
        }

        if (children.Count > 0)
        {
            return [$"{children[0].Path} is no setting. {setting.Path} has one value."];
        }

        var (isRead, allowed) = Read(setting.Value ?? "", Nullable.GetUnderlyingType(type) ?? type);
        // A URL may hold a password.
        var shown = setting.Value?.Contains('@') == true ? "not what it must be" : $"'{setting.Value}'";
        return isRead ? [] : [$"{setting.Path} is {shown}; it must be {allowed}."];
    }

    private static bool IsValue(Type type) => TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));

    private static (bool IsRead, string Allowed) Read(string text, Type type)
    {
        if (type == typeof(TimeSpan))
        {
            // TimeSpan.Parse takes "30" for 30 days, and "24:00:00" for 24 of them.
            return (Duration().IsMatch(text), "a duration, hours:minutes:seconds, such as 00:00:30, with days 1.12:00:00");
        }

        var allowed = type == typeof(bool) ? "true or false"
            : type.IsEnum ? string.Join(", ", Enum.GetNames(type))
            : type == typeof(Uri) ? "a URL"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : "a number";
        try
        {
            return (type == typeof(string) || TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text) is not null || type == typeof(Uri), allowed);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException or OverflowException || e.InnerException is FormatException or OverflowException)
        {
            return (false, allowed);
        }
    }

    [GeneratedRegex(@"^-?(\d{1,7}\.)?([01]?\d|2[0-3]):[0-5]?\d(:[0-5]?\d(\.\d{1,7})?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
