using Airlock.Lab.Sample;

var app = WebApplication.CreateBuilder(args).Build();
var chat = new NaiveChat(
    static token => Task.FromResult(token?.StartsWith("user:", StringComparison.Ordinal) == true ? token[5..] : null),
    static (user, message) => Task.FromResult($"{message} {user}"));
app.UseWebSockets();
app.Map("/chat", async (HttpContext context) =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    await chat.ServeAsync(socket, context.Request.Query["token"]);
});
app.Run();
