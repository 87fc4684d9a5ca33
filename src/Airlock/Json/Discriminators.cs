using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Airlock;

/// <summary>
/// Makes the discriminator of a type a part of its own contract. The serializer writes it only where a value is declared as the base that lists the type, so
/// <c>SendAsync(circle)</c>, an array of circles and <c>object</c> would lose it, and the reader with it what was sent.
/// </summary>
/// <param name="options">The application's, as they are.</param>
internal sealed class Discriminators(JsonSerializerOptions options)
{
    /// <summary>The contract of the nearest base that lists a type; null if none does.</summary>
    /// <param name="type">What a value is.</param>
    /// <param name="options">Where contracts come from.</param>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "An interface that was trimmed away lists nothing that the serializer could know.")]
    internal static JsonTypeInfo? BaseOf(Type type, JsonSerializerOptions options)
    {
        var above = new List<Type>();
        for (var b = type.BaseType; b is not null && b != typeof(object); b = b.BaseType)
        {
            above.Add(b);
        }

        return above.Concat(type.GetInterfaces()).Select(b => options.TryGetTypeInfo(b, out var contract) ? contract : null)
            .FirstOrDefault(contract => contract?.PolymorphismOptions?.DerivedTypes.Any(d => d.DerivedType == type) == true);
    }

    /// <summary>Changes a contract that is only written by, never read.</summary>
    internal void Keep(JsonTypeInfo contract)
    {
        if (contract.PolymorphismOptions is { } polymorphism)
        {
            if (IsOurs(polymorphism))
            {
                // Each of these brings its own; with both it would be there twice.
                contract.PolymorphismOptions = Without(polymorphism, polymorphism.DerivedTypes.Select(static d => d.DerivedType));
            }
        }
        else if (contract.Kind != JsonTypeInfoKind.None && !contract.Type.IsSealed && !contract.Type.IsValueType && contract.Type != typeof(object)
            && Bases(contract.Type).FirstOrDefault(b => b.DerivedTypes.Any(d => contract.Type.IsAssignableFrom(d.DerivedType))) is { } above && IsOurs(above))
        {
            // In between a base and what it lists: declared as this, a value is still what it is.
            contract.PolymorphismOptions = Without(above, above.DerivedTypes.Select(static d => d.DerivedType).Where(contract.Type.IsAssignableFrom));
        }

        if (DiscriminatorOf(contract.Type) is var (name, value))
        {
            contract.Properties.Insert(0, Property(contract, name, value));
        }
    }

    /// <summary>The nearest base that lists a type, and what it is called there; null if none does, or if what the serializer does must stay.</summary>
    private (string Name, object Value)? DiscriminatorOf(Type type)
    {
        foreach (var polymorphism in Bases(type).Prepend(Declared(type)).OfType<JsonPolymorphismOptions>())
        {
            if (polymorphism.DerivedTypes.FirstOrDefault(d => d.DerivedType == type).TypeDiscriminator is { } value)
            {
                return IsOurs(polymorphism) ? (polymorphism.TypeDiscriminatorPropertyName, value) : null;
            }
        }

        return null;
    }

    /// <summary>Whether a base's types can bring their discriminators themselves: all are written as objects, and none is called something else by another base.</summary>
    private bool IsOurs(JsonPolymorphismOptions polymorphism) => polymorphism.DerivedTypes.All(d =>
        options.TryGetTypeInfo(d.DerivedType, out var derived) && derived.Kind == JsonTypeInfoKind.Object
        && Bases(d.DerivedType).Prepend(Declared(d.DerivedType)).OfType<JsonPolymorphismOptions>().All(other =>
            other.DerivedTypes.All(o => o.DerivedType != d.DerivedType || (Equals(o.TypeDiscriminator, d.TypeDiscriminator) && other.TypeDiscriminatorPropertyName == polymorphism.TypeDiscriminatorPropertyName))));

    private static JsonPolymorphismOptions Without(JsonPolymorphismOptions polymorphism, IEnumerable<Type> types)
    {
        var changed = new JsonPolymorphismOptions { UnknownDerivedTypeHandling = polymorphism.UnknownDerivedTypeHandling, TypeDiscriminatorPropertyName = polymorphism.TypeDiscriminatorPropertyName };
        foreach (var type in types)
        {
            changed.DerivedTypes.Add(new JsonDerivedType(type));
        }

        return changed;
    }

    /// <summary>What the bases of a type declare, the nearest first, classes before interfaces.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "An interface that was trimmed away lists nothing that the serializer could know.")]
    private IEnumerable<JsonPolymorphismOptions> Bases(Type type)
    {
        for (var above = type.BaseType; above is not null && above != typeof(object); above = above.BaseType)
        {
            if (Declared(above) is { } polymorphism)
            {
                yield return polymorphism;
            }
        }

        foreach (var above in type.GetInterfaces())
        {
            if (Declared(above) is { } polymorphism)
            {
                yield return polymorphism;
            }
        }
    }

    private JsonPolymorphismOptions? Declared(Type type) => options.TryGetTypeInfo(type, out var contract) ? contract.PolymorphismOptions : null;

    private static JsonPropertyInfo Property(JsonTypeInfo contract, string name, object value)
    {
        var property = value is int number
            ? JsonMetadataServices.CreatePropertyInfo(contract.Options, new JsonPropertyInfoValues<int> { IsProperty = true, IsPublic = true, DeclaringType = contract.Type, PropertyName = name, JsonPropertyName = name, Converter = JsonMetadataServices.Int32Converter, Getter = _ => number })
            : JsonMetadataServices.CreatePropertyInfo(contract.Options, new JsonPropertyInfoValues<string?> { IsProperty = true, IsPublic = true, DeclaringType = contract.Type, PropertyName = name, JsonPropertyName = name, Converter = JsonMetadataServices.StringConverter, Getter = _ => (string)value });
        property.Order = int.MinValue;
        return property;
    }
}
