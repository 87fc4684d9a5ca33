using Airlock.Lab.Subjects;

namespace Airlock.Lab.Sample;

/// <summary>Shows <see cref="NaiveChat"/> to the lab.</summary>
public sealed class NaiveChatSubject : EndpointSubject
{
    public override string Name => "naive-chat";

    protected override SocketEndpoint Start(EndpointLab lab) => new NaiveChat(lab.FindUserAsync, lab.AnswerAsync).ServeAsync;
}
