using System.Globalization;
using System.Text;
using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>The pure core under a test: feeds it text and time, keeps its effects, shows what it would write.</summary>
internal sealed class Conversation
{
    public const string Open = """{"t":"open","v":1,"connection":"c-1","now":1700000000000,"deadlines":{"hello":10000,"authentication":10000,"gate":30000,"attach":10000},"hold":{"messages":8,"bytes":16384},"limits":{"message":65536,"frames":256},"carriers":[]}""";
    public const string Authed = """{"t":"authed","user":"ada","expires":null,"refreshBefore":null,"hold":{"messages":64,"bytes":262144}}""";

    public Conversation(AirlockClientOptions? options = null, AirlockClientState? state = null)
    {
        Options = options ?? new AirlockClientOptions();
        Options.Jitter = () => Random;
        var session = new Session(state?.Instance ?? "instance", Options.UnhandledBytesMax);
        if (state is not null)
        {
            session.Restore(state);
        }

        Core = new ClientCore(session, Options, DateTimeOffset.UnixEpoch);
    }

    public AirlockClientOptions Options { get; }

    public ClientCore Core { get; }

    public double Random { get; set; }

    public TimeSpan Now { get; private set; }

    public List<Effect> Effects { get; } = [];

    /// <summary>The links dialed, in order.</summary>
    public IReadOnlyList<Link> Dialed => [.. Effects.OfType<Effect.Dial>().Select(static dial => dial.Link)];

    public Link Link => Dialed[^1];

    public IEnumerable<ConnectionChange> Changes => Effects.OfType<Effect.Change>().Select(static change => change.What);

    public Ending? Finished => Effects.OfType<Effect.Finish>().SingleOrDefault()?.Ending;

    public static string Ready(string session = "s-1", long generation = 1, long attempt = 1, string resume = "new", int window = 64, long idle = 25_000, long received = 0, long done = 0, long replayTo = 0, string more = "") =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"t":"ready","session":"{{session}}","generation":{{generation}},"attempt":{{attempt}},"resume":"{{resume}}","window":{{window}},"idle":{{idle}},"received":{{received}},"done":{{done}},"replayTo":{{replayTo}}{{more}}}""");

    /// <summary>Starts, and answers until the first connection is ready.</summary>
    public Conversation ToReady(string? ready = null)
    {
        Do(core => core.Start(Now));
        Attach(ready);
        return this;
    }

    /// <summary>Answers the newest dial until it is ready.</summary>
    public void Attach(string? ready = null, Offer? offer = null)
    {
        Connect(offer);
        Says(Open);
        Written();
        Says(Authed);
        Says(ready ?? Ready());
    }

    public void Connect(Offer? offer = null) => Link.Offer = offer ?? Offer.Of(null, null, CredentialCarrier.Hello);

    public void Do(Action<ClientCore> step)
    {
        step(Core);
        Core.Session.CheckInvariants();
        while (Core.TryTake(out var effect))
        {
            Effects.Add(effect);
        }
    }

    public void Says(string text, Link? link = null) => Do(core => core.Received(link ?? Link, Encoding.UTF8.GetBytes(text), Now));

    public void Ended(Ending? ending = null, Link? link = null) => Do(core => core.Ended(link ?? Link, ending ?? Ending.Lost(null), Now));

    /// <summary>Time passes; the core is called whenever it asked to be.</summary>
    public void Pass(TimeSpan time)
    {
        var until = Now + time;
        while (Core.Due is { } due && due <= until)
        {
            Now = due > Now ? due : Now;
            Do(core => core.Tick(Now));
        }

        Now = until;
    }

    /// <summary>Every WebSocket message that would be written to a link now.</summary>
    public IReadOnlyList<string> Written(Link? link = null)
    {
        var messages = new List<string>();
        using var writer = new FrameWriter();
        Do(core =>
        {
            while (core.Fill(link ?? Link, writer, Now))
            {
                messages.Add(Encoding.UTF8.GetString(writer.Finish().Span));
            }
        });
        return messages;
    }

    public Receipt Send(string id, string payload = "1", string? traceParent = null)
    {
        Receipt? receipt = null;
        Do(core => receipt = core.Send(id, Encoding.UTF8.GetBytes(payload), traceParent));
        return receipt!;
    }

    /// <summary>The application takes everything that waits.</summary>
    public IReadOnlyList<ServerMessage> Take()
    {
        var taken = new List<ServerMessage>();
        while (Core.NextMessage is { } message)
        {
            taken.Add(message);
            Do(core => core.Handle(Now));
        }

        return taken;
    }
}
