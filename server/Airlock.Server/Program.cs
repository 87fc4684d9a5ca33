using Airlock.Server;
using Airlock.Server.Agent;
using Airlock.Server.Chat;
using Airlock.Server.Live;
using Airlock.Server.Settings;
using Airlock.Server.SignIn;
using Airlock.Server.Telemetry;

if (Arguments.AskForHelp(args))
{
    Console.WriteLine(Arguments.Usage);
    return 0;
}

var isStarted = false;
try
{
    Arguments.Check(args);
    var builder = WebApplication.CreateBuilder(args);
    builder.UseOwnDefaults();
    Sections.Check(builder.Configuration);
    builder.Services.AddAirlock(options =>
    {
        // A question may bring a file along.
        options.Endpoint = new Airlock.EndpointOptions { MessageBytesMax = 512 * 1024 };
        builder.Configuration.BindStrictly(options);
    });
    builder.Services.AddAgent(builder.Configuration);
    builder.Services.AddSignIn(builder.Configuration);
    builder.Services.AddLive(builder.Configuration);
    builder.Services.AddTelemetry(builder.Configuration);
    builder.Services.AddPages();

    var app = builder.Build();
    app.Lifetime.ApplicationStarted.Register(() => isStarted = true);
    app.UseSecurityHeaders();
    app.UseLoopbackGuard();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapMetrics();
    app.MapPages();
    app.MapSignIn();
    app.MapAirlockHealth();
    app.MapAirlock("/chat", ChatEndpoint.HandleAsync);
    app.MapConnectionCut();
    app.MapLive();
    app.AnnounceOnConsole();
    app.Run();
    return Environment.ExitCode;
}
catch (Exception wrong) when (!isStarted && StartFailure.Words(wrong) is { } words)
{
    // Whoever set it up needs words, not a stack.
    foreach (var line in words)
    {
        Console.Error.WriteLine(line);
    }

    return 1;
}
