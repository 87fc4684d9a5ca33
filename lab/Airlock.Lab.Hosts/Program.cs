using System.CommandLine;
using Airlock.Lab.Hosts;
using Airlock.Lab.Subjects.Legacy;

var subject = new Option<HostSubject>("--subject") { Description = "What is hosted.", Required = true };
var faults = new Option<LegacyFault>("--faults") { Description = "The faults of the legacy model that are on, with commas between them.", HelpName = "names", DefaultValueFactory = static _ => LegacyFault.None };
var urls = new Option<string>("--urls") { Description = "Where to listen; port 0 for a free one.", DefaultValueFactory = static _ => "http://127.0.0.1:0" };
var servicesLate = new Option<int>("--services-late") { Description = "How many milliseconds after the start the service comes up that connections wait for; -1 for never." };
var servicesOnInput = new Option<bool>("--services-on-input") { Description = "That service comes up with the first line on the standard input instead." };
var servicesTimeout = new Option<int>("--services-timeout") { Description = "How many milliseconds a connection waits for it.", DefaultValueFactory = static _ => 30_000 };
var setupTimeout = new Option<int>("--setup-timeout") { Description = "How many milliseconds any other phase of a connection's start may take.", DefaultValueFactory = static _ => 10_000 };
var drainTimeout = new Option<int>("--drain-timeout") { Description = "How many milliseconds connections may take to move when it is asked to stop; for airlock.", DefaultValueFactory = static _ => 5_000 };
var jwtKey = new Option<string?>("--jwt-key") { Description = "The key of the tokens that users must show (HMAC-SHA256), as base64, 32 bytes or more." };
jwtKey.Validators.Add(static result =>
{
    var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
    if (!Convert.TryFromBase64String(text, new byte[text.Length], out var length) || length < 32)
    {
        result.AddError("--jwt-key takes base64 of 32 bytes or more.");
    }
});
var jwtAuthority = new Option<string?>("--jwt-authority") { Description = "The OpenID Connect authority of the tokens that users must show." };
foreach (var (option, least) in new[] { (servicesLate, -1), (servicesTimeout, 1), (setupTimeout, 1), (drainTimeout, 0) })
{
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() < least)
        {
            result.AddError($"{option.Name} takes {least} or more.");
        }
    });
}

var command = new RootCommand("Hosts one subject of the race lab on a real server, at /chat, until it is asked to stop.") { subject, faults, urls, servicesLate, servicesOnInput, servicesTimeout, setupTimeout, drainTimeout, jwtKey, jwtAuthority };
command.SetAction(async (parsed, stop) =>
{
    var late = parsed.GetValue(servicesLate);
    try
    {
        await using var app = LabHost.Build(new HostSettings
        {
            Subject = parsed.GetValue(subject),
            Faults = parsed.GetValue(faults),
            Urls = parsed.GetValue(urls)!,
            ServicesLate = late < 0 || parsed.GetValue(servicesOnInput) ? null : TimeSpan.FromMilliseconds(late),
            ServicesCome = parsed.GetValue(servicesOnInput) ? static stopping => Task.Run(Console.In.ReadLine, CancellationToken.None).WaitAsync(stopping) : null,
            ServicesTimeout = TimeSpan.FromMilliseconds(parsed.GetValue(servicesTimeout)),
            SetupTimeout = TimeSpan.FromMilliseconds(parsed.GetValue(setupTimeout)),
            DrainTimeout = TimeSpan.FromMilliseconds(parsed.GetValue(drainTimeout)),
            JwtKey = parsed.GetValue(jwtKey) is { } key ? Convert.FromBase64String(key) : null,
            JwtAuthority = parsed.GetValue(jwtAuthority),
        });
        await app.StartAsync(stop);
        // Whoever started it waits for this line.
        Console.WriteLine($"{parsed.GetValue(subject).ToString().ToLowerInvariant()} listens on {app.Urls.First()}");
        await app.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }
    catch (Exception e) when (e is IOException or FormatException or ArgumentException)
    {
        // An address that is taken, not ours or no address.
        Console.Error.WriteLine(e.Message);
        return 1;
    }
});
// The host itself listens for signals: it has connections to move first.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
