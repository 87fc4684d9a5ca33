namespace Airlock.AspNetCore;

/// <summary>A ticket that was taken out of a request's query before anything could log it. A feature of the request.</summary>
internal sealed record HiddenTicket(string Value)
{
    public override string ToString() => "ticket";
}
