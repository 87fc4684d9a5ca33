using System.Text.Json.Serialization;

namespace Airlock.AspNetCore;

/// <summary>The JSON bodies of HTTP answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RefusalBody))]
[JsonSerializable(typeof(TicketBody))]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HttpJson : JsonSerializerContext;
