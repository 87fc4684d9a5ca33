using System.Text.Json.Nodes;

namespace Airlock.Core.Tests;

/// <summary>Traces of the lifecycle that every implementation can replay. The inputs are written by hand; what follows is compared, and written with AIRLOCK_UPDATE=1.</summary>
public sealed class LifecycleVectorsTests
{
    [Fact]
    public void Traces_end_as_the_vectors_say() => Vectors.Check("lifecycle.json", () =>
    {
        var life = new ConnectionLifecycle(new LifecycleTimeouts());
        return (step, result) =>
        {
            var transition = life.Apply(Event(step), Ticks(step["at"])!.Value);
            result["state"] = $"{life.State}";
            if (transition.Refused is { } refusal)
            {
                result["refused"] = $"{refusal}";
                return;
            }

            var effects = Enumerable.Range(0, transition.Effects.Count).Select(i => transition.Effects[i]);
            result["effects"] = new JsonArray([.. effects.Select(effect => (JsonNode)(effect.Id == 0 ? $"{effect.Kind}" : $"{effect.Kind} {effect.Id}"))]);
            if (life.Reason is { } reason)
            {
                (result["cause"], result["code"]) = (reason.Cause, life.Code);
            }
        };
    });

    private static LifecycleEvent Event(JsonNode step)
    {
        var effect = (int?)step["effect"] ?? 0;
        var reason = CloseReason.All.SingleOrDefault(reason => reason.Cause == (string?)step["reason"])!;
        var retryAfter = Ticks(step["retryAfter"]) is { } ticks ? new TimeSpan(ticks) : (TimeSpan?)null;
        return Enum.Parse<EventKind>($"{step["event"]}") switch
        {
            EventKind.UpgradeAccepted => LifecycleEvent.UpgradeAccepted(),
            EventKind.HelloReceived => LifecycleEvent.HelloReceived((bool)step["resume"]!),
            EventKind.AuthenticationSucceeded => LifecycleEvent.AuthenticationSucceeded(effect, Ticks(step["expires"])),
            EventKind.AuthenticationFailed => LifecycleEvent.AuthenticationFailed(effect, reason, retryAfter),
            EventKind.GatesChanged => LifecycleEvent.GatesChanged(new GateStatus((ulong)step["requiredDown"]!, (ulong)step["optionalDown"]!)),
            EventKind.AttachSucceeded => LifecycleEvent.AttachSucceeded(effect),
            EventKind.AttachFailed => LifecycleEvent.AttachFailed(effect, reason, retryAfter),
            EventKind.WriteBlocked => LifecycleEvent.WriteBlocked(),
            EventKind.RefreshReceived => LifecycleEvent.RefreshReceived(),
            EventKind.RefreshSucceeded => LifecycleEvent.RefreshSucceeded(effect, Ticks(step["expires"])),
            EventKind.ByeReceived => LifecycleEvent.ByeReceived(),
            EventKind.DrainRequested => LifecycleEvent.DrainRequested(Ticks(step["by"])!.Value, retryAfter!.Value),
            EventKind.CloseRequested => LifecycleEvent.CloseRequested(reason, retryAfter),
            EventKind.CloseReceived => LifecycleEvent.CloseReceived(reason),
            EventKind.CloseSent => LifecycleEvent.CloseSent(),
            EventKind.DeadlineElapsed => LifecycleEvent.DeadlineElapsed(Enum.Parse<DeadlineKind>($"{step["deadline"]}"), Ticks(step["due"])!.Value, Ticks(step["heard"]) is { } heard ? PeerSigns.None with { HeardAt = heard } : null),
            EventKind.TransportLost => LifecycleEvent.TransportLost(),
            EventKind.ScopeLeft => LifecycleEvent.ScopeLeft(),
            var other => throw new ArgumentException($"No trace uses {other} yet."),
        };
    }

    private static long? Ticks(JsonNode? milliseconds) => (long?)milliseconds * TimeSpan.TicksPerMillisecond;
}
