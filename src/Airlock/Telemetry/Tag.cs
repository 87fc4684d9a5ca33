namespace Airlock;

/// <summary>The names of the tags of metrics and spans. Every tag is bounded: endpoints, gates and the enumerations of this library. No id, user or address is a tag of a metric.</summary>
internal static class Tag
{
    internal const string Endpoint = "airlock.endpoint", State = "airlock.state", Phase = "airlock.phase", Outcome = "airlock.outcome", Cause = "airlock.cause", Code = "airlock.code", Gate = "airlock.gate",
        Required = "airlock.required", Explanation = "airlock.explanation";
}
