using Airlock.Server.Live;

namespace Airlock.Server;

/// <summary>What the server prints for whoever started it. Log lines are warnings and errors, unless the settings say otherwise.</summary>
public static class Announcement
{
    /// <summary>Prints where the server listens and, last, the live link; at the end, what it waits for.</summary>
    public static void AnnounceOnConsole(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            foreach (var url in app.Urls)
            {
                Console.WriteLine($"Now listening on: {url}");
            }

            Console.WriteLine("Warnings and errors are printed here; more with --Logging:LogLevel:Airlock=Information (docs/operating.md). Ctrl+C ends the server.");
            app.PrintLiveLink();
        });
        app.Lifetime.ApplicationStopping.Register(() =>
        {
            if (app.Services.GetRequiredService<AirlockServer>().Observation.Sessions?.Count(static session => session.IsBusy) is > 0 and var busy)
            {
                Console.WriteLine($"Answers under way: {busy}. They may end; a second Ctrl+C does not wait for them.");
            }
        });
    }
}
