using Airlock.Server;
using Airlock.Server.Agent;
using Airlock.Server.Chat;
using Airlock.Server.Live;
using Airlock.Server.SignIn;
using Airlock.Server.Telemetry;
using Microsoft.Extensions.Options;

try
{
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
    builder.Services.AddLive(builder.Configuration);
    builder.Services.AddTelemetry(builder.Configuration);

    var app = builder.Build();
    app.UseSecurityHeaders();
    app.UseLoopbackGuard();
    app.UseAuthentication();
    app.UseAuthorization();
    app.MapMetrics();
    app.MapPages();
    app.MapSignIn();
    app.MapAirlockHealth();
    app.MapAirlock("/chat", ChatEndpoint.HandleAsync);
    app.MapLive();
    app.Run();
    return Environment.ExitCode;
}
catch (OptionsValidationException wrong)
{
    // Whoever set them needs words, not a stack.
    foreach (var failure in wrong.Failures)
    {
        Console.Error.WriteLine(failure);
    }

    return 1;
}
catch (Exception wrong) when (wrong is IOException || wrong.Source == "Microsoft.Extensions.Configuration.Binder")
{
    // An address that is taken or not ours; a setting that cannot be read.
    Console.Error.WriteLine(wrong.Message);
    Console.Error.WriteLine(wrong is IOException ? "Choose another address with --urls http://localhost:PORT." : "See README.md and the options' documentation for what a setting may be.");
    return 1;
}
