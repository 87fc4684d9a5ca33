using Microsoft.AspNetCore.SignalR;

namespace Airlock.Lab.Hosts;

/// <summary>The same chat as a SignalR hub.</summary>
public sealed class ChatHub : Hub
{
    /// <summary>Answers a message with itself and the user.</summary>
    /// <param name="message">The message's id.</param>
    public string Send(string message) => $"{message} {Context.User?.FindFirst("sub")?.Value ?? "anonymous"}";
}
