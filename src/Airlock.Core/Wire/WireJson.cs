using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary>The frames of the start and the end, read and written by generated code.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    MaxDepth = WireLimits.DepthMax)]
[JsonSerializable(typeof(OpenFrame))]
[JsonSerializable(typeof(HelloFrame))]
[JsonSerializable(typeof(AuthedFrame))]
[JsonSerializable(typeof(GateFrame))]
[JsonSerializable(typeof(ReadyFrame))]
[JsonSerializable(typeof(DrainFrame))]
[JsonSerializable(typeof(RefreshFrame))]
[JsonSerializable(typeof(ClosingFrame))]
internal sealed partial class WireJson : JsonSerializerContext;
