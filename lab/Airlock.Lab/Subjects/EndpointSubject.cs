using System.Text;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects;

/// <summary>An endpoint of one's own, shown to the lab. It needs a name and <see cref="Start"/>; what differs from the ordinary protocol is overridden.</summary>
/// <remarks>The ordinary protocol: the server says <c>ready</c>, a message is its id, and an answer is the id and the user it was made for, with a space between.
/// Work must stay with whoever awaits it: the clock is <see cref="EndpointLab.Time"/>, and what leaves for the thread pool is told as <c>stays-inside</c>.</remarks>
public abstract class EndpointSubject : ISubject
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>What the endpoint can do beyond taking connections and answering messages. Default: it finds out who has connected.</summary>
    public virtual Capabilities Capabilities => Capabilities.Authentication;

    /// <summary>What it tells a client that it is ready. Default: <c>ready</c>. Null if it has no such word: then a connection is ready when its user is known, or at once where nobody asks.</summary>
    public virtual string? ReadyMessage => "ready";

    /// <summary>Makes the endpoint, once for each server of a run: as in its host, one object serves every connection.</summary>
    /// <param name="lab">What it works with in place of the real things.</param>
    /// <returns>What serves a connection.</returns>
    protected abstract SocketEndpoint Start(EndpointLab lab);

    /// <summary>A message as the client writes it. Default: its id.</summary>
    /// <param name="id">The message's id.</param>
    public virtual string Write(string id) => id;

    /// <summary>What a message from the server answers, and the user that it names. Default: the words before and after the space.</summary>
    /// <param name="text">The whole message.</param>
    /// <returns>Null if it answers nothing.</returns>
    public virtual (string Id, string? User)? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(' ') is [var id, var user, ..] ? (id, user) : null;
    }

    /// <summary>Makes a client. Default: one that writes what it has as soon as its socket is open, by <see cref="Write"/>, and understands by <see cref="Read"/>.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="name">The party's name.</param>
    /// <param name="user">Its user.</param>
    public virtual Client NewClient(World world, string name, string user) => new OrdinaryClient(this, world, name, user);

    /// <inheritdoc/>
    ISubjectServer ISubject.Start(World world) => new EndpointServer(this, world, Start);

    private sealed class OrdinaryClient(EndpointSubject subject, World world, string name, string user) : EndpointClient(world, name, user)
    {
        protected override ReadOnlyMemory<byte> Encode(string id) => Encoding.UTF8.GetBytes(subject.Write(id));

        protected override void Opened()
        {
            if (subject.ReadyMessage is null)
            {
                BeReady();
            }
        }

        protected override void Handle(ReadOnlySpan<byte> message)
        {
            var text = Encoding.UTF8.GetString(message);
            if (text == subject.ReadyMessage)
            {
                BeReady();
            }
            else if (subject.Read(text) is { } reply)
            {
                BeAnswered(reply.Id, reply.User);
            }
        }

        // A code other than 1000 is a word by itself.
        protected override string? CauseOf(int code, string? reason) => string.IsNullOrEmpty(reason) && code is not (1000 or 1005) ? $"closed with {code}" : reason;
    }
}
