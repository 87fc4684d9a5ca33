using System.CommandLine;
using System.Security.Cryptography;
using EchoServer;

string[] names = ["kestrel", "kestrel-jwt", "signalr", "airlock"];
var target = new Option<string>("--target") { Description = $"What answers: {string.Join(", ", names)}.", Required = true, HelpName = "name" };
target.Validators.Add(result =>
{
    if (result.Tokens is [var name, ..] && !names.Contains(name.Value))
    {
        result.AddError($"There is no target '{name.Value}'. Targets: {string.Join(", ", names)}.");
    }
});
var urls = new Option<string>("--urls") { Description = "Where to listen; port 0 for a free one.", DefaultValueFactory = static _ => "http://127.0.0.1:0" };
var key = new Option<string?>("--key") { Description = "The key that tokens are signed with (HMAC-SHA256), as base64, 32 bytes or more. Default: a new one, and a token that fits is printed." };
key.Validators.Add(static result =>
{
    var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
    if (!Convert.TryFromBase64String(text, new byte[text.Length], out var length) || length < 32)
    {
        result.AddError("--key takes base64 of 32 bytes or more.");
    }
});

var command = new RootCommand("A server that echoes, to be measured: /echo and /broadcast, and /stats?collect=true|false for what it takes.") { target, urls, key };
command.SetAction(async (parsed, stop) =>
{
    var name = parsed.GetValue(target)!;
    var given = parsed.GetValue(key);
    var secret = given is null ? RandomNumberGenerator.GetBytes(32) : Convert.FromBase64String(given);
    try
    {
        await using var app = EchoHost.Build((EchoTarget)Array.IndexOf(names, name), parsed.GetValue(urls)!, secret);
        await app.StartAsync(stop);
        if (given is null)
        {
            Console.WriteLine($"token for a day: {Token.Issue(secret, "somebody")}");
        }

        // Whoever started it waits for this line.
        Console.WriteLine($"{name} listens on {app.Urls.First()}");
        await app.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }
    catch (Exception e) when (e is IOException or FormatException or ArgumentException or InvalidOperationException)
    {
        // An address that is taken, not ours or no address.
        Console.Error.WriteLine($"{e.Message} Name another address with --urls, or port 0 for a free one.");
        return 1;
    }
});
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
