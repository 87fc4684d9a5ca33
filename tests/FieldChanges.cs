using System.Diagnostics;
using System.Reflection;

namespace Airlock;

/// <summary>What <c>CheckInvariants</c> is worth: it has to object to every field that is not what it must be, whatever else is as it was.</summary>
internal static class FieldChanges
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>The fields of a type of which something else tells what they must be.</summary>
    /// <param name="type">Whose.</param>
    /// <param name="free">Those of which nothing does.</param>
    internal static IEnumerable<string> Of(Type type, params string[] free)
    {
        var names = type.GetFields(Fields).Select(NameOf).ToList();
        Assert.Empty(free.Except(names));
        return names.Except(free);
    }

    /// <summary>Changes a field in every way that there is, each time of an object of its own.</summary>
    /// <param name="name">Which.</param>
    /// <param name="make">Makes an object, and what checks it.</param>
    internal static void MustBeSeen(string name, Func<(object Part, Action CheckInvariants)> make)
    {
        var (changes, seen) = (0, 0);
        for (var which = 0; ; which++)
        {
            var (part, checkInvariants) = make();
            checkInvariants();
            if (!Change(part.GetType().GetFields(Fields).Single(field => NameOf(field) == name), part, which))
            {
                break;
            }

            changes++;
            try
            {
                checkInvariants();
            }
            catch (UnreachableException)
            {
                seen++;
            }
        }

        Assert.True(changes > 0, $"Nothing changes {name}.");
        Assert.True(seen > 0, $"Whatever {name} is, nobody objects.");
    }

    private static bool Change(FieldInfo field, object part, int which)
    {
        var value = field.GetValue(part);
        switch (value)
        {
            case long number when which < 2:
                field.SetValue(part, number + (which == 0 ? 1 : -1));
                return true;
            case int number when which < 2:
                field.SetValue(part, number + (which == 0 ? 1 : -1));
                return true;
            case bool flag when which == 0:
                field.SetValue(part, !flag);
                return true;
            case Enum when which == 0:
                field.SetValue(part, Enum.GetValues(field.FieldType).Cast<object>().First(other => !other.Equals(value)));
                return true;
            case ulong[] numbers when which < numbers.Length:
                numbers[which]++;
                return true;
            case Array { Length: > 0 } items when which < items.Length:
                items.SetValue(null, which);
                return true;
            case not null when which == 0 && value.GetType().GetMethod("Clear", Type.EmptyTypes) is { } clear && value is not Array:
                clear.Invoke(value, null);
                return true;
            case not null when which == 0 && !field.FieldType.IsValueType:
                field.SetValue(part, null);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A property's or parameter's field has its name, and no more.</summary>
    private static string NameOf(FieldInfo field) => field.Name is ['<', .. var rest] ? rest[..rest.IndexOf('>', StringComparison.Ordinal)] : field.Name;
}
