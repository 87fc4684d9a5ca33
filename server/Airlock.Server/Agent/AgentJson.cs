using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Server.Agent;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AgentEvent))]
[JsonSerializable(typeof(UsageLoaded))]
[JsonSerializable(typeof(CostByModel))]
[JsonSerializable(typeof(CostByDay))]
[JsonSerializable(typeof(Savings))]
[JsonSerializable(typeof(ToolFailure))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(string))]
internal sealed partial class AgentJson : JsonSerializerContext;
