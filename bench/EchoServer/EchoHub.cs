using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace EchoServer;

/// <summary>The SignalR hub.</summary>
[Authorize]
public sealed class EchoHub : Hub
{
    private const string Subscribers = "all";

    /// <summary>Gives the message back as the call's result.</summary>
    public string Echo(string message) => message;

    /// <summary>The caller hears what is broadcast from now on.</summary>
    public Task JoinAsync() => Groups.AddToGroupAsync(Context.ConnectionId, Subscribers);

    /// <summary>Sends the message to everybody who joined.</summary>
    public Task BroadcastAsync(string message) => Clients.Group(Subscribers).SendAsync("heard", message);
}
