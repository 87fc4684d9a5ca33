using System.Text.Json.Serialization;

namespace Airlock.AspNetCore;

/// <summary>The JSON bodies of HTTP answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HttpRefusal))]
[JsonSerializable(typeof(TicketAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HttpJson : JsonSerializerContext;
