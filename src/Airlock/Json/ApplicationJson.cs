using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Airlock;

/// <summary>Payloads as the application's serializer reads and writes them, by contracts alone, so that generated ones are enough. Safe for concurrent use.</summary>
/// <remarks>Two rules are ours: text that is no Unicode is refused instead of replaced, and a polymorphic value keeps its discriminator whatever it is declared as.</remarks>
internal sealed class ApplicationJson
{
    private static readonly Lazy<ApplicationJson> _web = new(static () => new ApplicationJson(JsonSerializerOptions.Web));
    private readonly JsonSerializerOptions _reads;
    private readonly JsonSerializerOptions _writes;

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Where the serializer's reflection is off, as in trimmed programs, the web's options have no resolver that reflects.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "The same.")]
    private ApplicationJson(JsonSerializerOptions options)
    {
        _reads = options.TypeInfoResolver is null ? new JsonSerializerOptions(options) { TypeInfoResolver = JsonSerializerOptions.Web.TypeInfoResolver } : options;
        _writes = new JsonSerializerOptions(_reads)
        {
            Encoder = new WellFormedEncoder(options.Encoder ?? JavaScriptEncoder.Default),
            TypeInfoResolver = _reads.TypeInfoResolver!.WithAddedModifier(new Discriminators(_reads).Keep),
        };
    }

    /// <summary>By an application's options.</summary>
    /// <param name="options">Not changed, and not to be changed afterwards. Null for the web's, whose contracts are made once for all.</param>
    internal static ApplicationJson By(JsonSerializerOptions? options) => options is null ? _web.Value : new ApplicationJson(options);

    /// <summary>Reads a payload.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    /// <exception cref="NotSupportedException">Nobody says how to read this type.</exception>
    internal T? Read<T>(ReadOnlyMemory<byte> payload) => JsonSerializer.Deserialize(payload.Span, (JsonTypeInfo<T>)_reads.GetTypeInfo(typeof(T)));

    /// <summary>Writes a payload.</summary>
    /// <exception cref="ArgumentException">It cannot be written, or not as a payload; the message says why.</exception>
    /// <exception cref="NotSupportedException">Nobody says how to write this type.</exception>
    internal ReadOnlyMemory<byte> Write<T>(T value) => Checked(value, (JsonTypeInfo<T>)_writes.GetTypeInfo(typeof(T)));

    /// <summary>As <see cref="Write{T}(T)"/>, by a contract that is used as it stands; but what its options list under a base is written as that, with its discriminator.</summary>
    internal static ReadOnlyMemory<byte> Write<T>(T value, JsonTypeInfo<T> contract)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return Checked(value, contract.PolymorphismOptions is null && value is not null && Discriminators.BaseOf(value.GetType(), contract.Options) is { } above ? above : contract);
    }

    private static ReadOnlyMemory<byte> Checked<T>(T value, JsonTypeInfo contract)
    {
        byte[] payload;
        try
        {
            payload = contract is JsonTypeInfo<T> { Options.Encoder: WellFormedEncoder } own ? JsonSerializer.SerializeToUtf8Bytes(value, own) : WriteWellFormed(value, contract);
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The value cannot be written as a payload: {e.InnerException?.Message ?? e.Message}", nameof(value), e);
        }

        Payload.CheckWritten(payload);
        return payload;
    }

    /// <summary>With a writer of ours, since a contract of the application brings the application's encoder.</summary>
    private static byte[] WriteWellFormed<T>(T value, JsonTypeInfo contract)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var options = contract.Options;
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = new WellFormedEncoder(options.Encoder ?? JavaScriptEncoder.Default), Indented = options.WriteIndented, MaxDepth = options.MaxDepth, SkipValidation = true });
        JsonSerializer.Serialize(writer, value, contract);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
