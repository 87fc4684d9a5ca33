using System.Runtime.CompilerServices;
using static Airlock.Core.ConnectionState;

namespace Airlock.Core.Tests;

/// <summary>What must hold after every event in every state. Said in words of its own, not in those of the transition table.</summary>
public static class LifecycleRules
{
    public static readonly IReadOnlyDictionary<ConnectionState, ConnectionState[]> MayFollow = new Dictionary<ConnectionState, ConnectionState[]>
    {
        [Connecting] = [Accepted, Closed, Failed],
        [Accepted] = [Authenticated, Closing, Failed],
        [Authenticated] = [ServicesReady, Closing, Failed],
        [ServicesReady] = [ProcessingReady, Closing, Failed],
        [ProcessingReady] = [Degraded, Draining, Closing, Failed],
        [Degraded] = [ProcessingReady, Draining, Closing, Failed],
        [Draining] = [Closing, Failed],
        [Closing] = [Closed, Failed],
        [Closed] = [],
        [Failed] = [],
    };

    public static bool IsLive(ConnectionState state) => state is ProcessingReady or Degraded or Draining;

    public static bool IsOver(ConnectionState state) => state is Closed or Failed;

    /// <summary>Rules of one step.</summary>
    public static void CheckStep(LifecycleSnapshot before, LifecycleEvent e, Transition step, LifecycleSnapshot after)
    {
        var effects = Enumerable.Range(0, step.Effects.Count).Select(i => step.Effects[i]).ToArray();
        Require(step.From == before.State && step.To == after.State, "A transition tells other states than there were.");
        if (step.Refused is not null)
        {
            Require(before == after && effects.Length == 0, "A refused event changed something.");
            return;
        }

        Require(before.State == after.State || MayFollow[before.State].Contains(after.State), $"{after.State} may not follow {before.State}.");
        Require(before.Reason is null || before.Reason == after.Reason, "The first reason did not win.");
        Require(after.Reason is null == (after.State < Closing), "A reason is there exactly from Closing on.");
        Require(after.EffectIds >= before.EffectIds, "An effect id was given out twice.");
        if (e.Kind == EventKind.DeadlineElapsed)
        {
            Require(before.Deadlines.Runs(e.Deadline), "A deadline that did not run has fired.");
        }

        var entered = before.State != after.State;
        Count(EffectKind.SendOpen, entered && after.State == Accepted);
        Count(EffectKind.SendReady, before.State == ServicesReady && after.State == ProcessingReady);
        Count(EffectKind.SendDrain, entered && after.State == Draining);
        Count(EffectKind.SendClose, entered && after.State == Closing);
        Count(EffectKind.RefuseUpgrade, before.State == Connecting && after.State == Closed);
        Count(EffectKind.Unregister, entered && IsOver(after.State));
        Count(EffectKind.SendAuthed, (entered && after.State == Authenticated) || (!entered && before.RefreshId != 0 && after.RefreshId == 0));
        Count(EffectKind.SendPing, before.Deadlines.Runs(DeadlineKind.Idle) && after.Deadlines.Runs(DeadlineKind.Pong));
        Count(EffectKind.Abort, entered && after.State == Failed && (e.Kind == EventKind.ScopeLeft || e.Kind == EventKind.DeadlineElapsed));
        Count(EffectKind.WatchGates, entered && (after.State == Authenticated || (before.State == ServicesReady && after.State == ProcessingReady)));
        Count(EffectKind.Authenticate, after.Authentication.Stage == AcquisitionStage.Pending && before.Authentication.Stage != AcquisitionStage.Pending);
        Count(EffectKind.Attach, entered && after.State == ServicesReady);
        Count(EffectKind.SendGates, e.Kind == EventKind.GatesChanged && before.State is >= Authenticated and < Closing);
        Require(effects.All(effect => effect.Kind != EffectKind.ReleaseUser || effect.Id == before.Authentication.Id), "A user's place was given back that nobody took.");
        Require(effects.All(effect => effect.Kind != EffectKind.ReleaseSession || effect.Id == before.Attach.Id), "A session was given back that nobody took.");
        Require(step.Reason == after.Reason && step.HasSession == after.HasSession, "A transition tells another end than there is.");
        Require(step.Code == (after.SeenCode ?? after.Reason?.CodeFor(after.HasSession)), "A transition tells another code than goes by.");
        Count(EffectKind.Refresh, after.RefreshId != 0 && before.RefreshId == 0);
        Require(effects.All(effect => effect.Kind != EffectKind.SendClose || effect.Reason == after.Reason), "The close does not tell the reason.");
        Require(effects.All(effect => effect.Kind != EffectKind.SendClose || effect.Reason != CloseReason.TransportLost), "1006 would be sent.");
        Require(!entered || !IsOver(after.State) || effects[^1].Kind == EffectKind.Unregister, "A connection left the index before its other effects ran.");
        var close = Array.FindIndex(effects, effect => effect.Kind == EffectKind.SendClose);
        Require(close < 0 || close == effects.Length - 1, "Something follows the close.");

        void Count(EffectKind kind, bool expected)
        {
            var ordered = 0;
            foreach (var effect in effects)
            {
                ordered += effect.Kind == kind ? 1 : 0;
            }

            Require(ordered == (expected ? 1 : 0), $"{kind} was {(expected ? "not ordered once" : "ordered")}.");
        }
    }

    /// <summary>Rules of a state.</summary>
    public static void CheckState(LifecycleSnapshot at)
    {
        var live = IsLive(at.State);
        var known = live || at.State is Authenticated or ServicesReady;
        var refreshing = at.RefreshId != 0;
        Require(!refreshing || known, "A refresh is validated where there is nothing to refresh.");
        Exactly(DeadlineKind.Hello, at.State == Accepted && at.Authentication.Stage == AcquisitionStage.None);
        Exactly(DeadlineKind.Authentication, (at.State == Accepted && at.Authentication.Stage == AcquisitionStage.Pending) || refreshing);
        Exactly(DeadlineKind.Gate, at.State == Authenticated);
        Exactly(DeadlineKind.Attach, at.State == ServicesReady);
        Exactly(DeadlineKind.Drain, at.State == Draining);
        Exactly(DeadlineKind.Close, at.State == Closing);
        Require(at.Deadlines.Runs(DeadlineKind.Idle) != at.Deadlines.Runs(DeadlineKind.Pong) == live, "A live connection is idle or waits for a pong, and no other is.");
        Only(DeadlineKind.Expiry, known && !refreshing);
        Only(DeadlineKind.Refresh, known && !refreshing);
        Only(DeadlineKind.Write, known || at.State == Accepted);

        Require(at.Authentication.Stage == AcquisitionStage.Held == (known || (at.State == Closing && at.Authentication.Stage == AcquisitionStage.Held)), "A principal is held in the wrong state.");
        Require(at.Attach.Stage == AcquisitionStage.Held == live, "A session is held exactly while live.");
        Require(at.State != ServicesReady || at.Attach.Stage == AcquisitionStage.Pending, "Nothing is attaching.");
        Require(!live || at.HasSession, "A live connection has no session.");

        void Exactly(DeadlineKind kind, bool expected) => Require(at.Deadlines.Runs(kind) == expected, $"{kind} {(expected ? "does not run" : "runs")} in {at.State}.");
        void Only(DeadlineKind kind, bool allowed) => Require(allowed || !at.Deadlines.Runs(kind), $"{kind} runs in {at.State}.");
    }

    public static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            Assert.Fail(otherwise);
        }
    }

    /// <summary>As the other. Asked millions of times, so the words are put together only when they are needed.</summary>
    public static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Otherwise otherwise)
    {
        if (!holds)
        {
            Assert.Fail(otherwise.ToString());
        }
    }

    /// <summary>What is said where something does not hold.</summary>
    [InterpolatedStringHandler]
    public ref struct Otherwise
    {
        private DefaultInterpolatedStringHandler _words;

        public Otherwise(int literalLength, int formattedCount, bool holds, out bool isNeeded)
        {
            isNeeded = !holds;
            _words = isNeeded ? new(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string words) => _words.AppendLiteral(words);

        public void AppendFormatted<T>(T value) => _words.AppendFormatted(value);

        public override readonly string ToString() => _words.ToString();
    }
}
