using Airlock.Server;
using Airlock.Server.Agent;
using Airlock.Server.Chat;
using Airlock.Server.SignIn;

var builder = WebApplication.CreateBuilder(args);
builder.UseDefaultAddress();
builder.Services.AddAirlock(options =>
{
    // A question may bring a file along.
    options.Endpoint = new Airlock.EndpointOptions { MessageBytesMax = 512 * 1024 };
    builder.Configuration.GetSection("Airlock").Bind(options, static binder => binder.ErrorOnUnknownConfiguration = true);
});
builder.Services.AddAgent(builder.Configuration);
builder.Services.AddSignIn(builder.Configuration);

var app = builder.Build();
app.UseSecurityHeaders();
app.UseAuthentication();
app.UseAuthorization();
app.MapPages();
app.MapSignIn();
app.MapAirlockHealth();
app.MapAirlock("/chat", ChatEndpoint.HandleAsync);
app.Run();
