using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Airlock.Client;
using Airlock.Server.Tests.Processes;
using Airlock.Server.Tests.Proxies;

namespace Airlock.Server.Tests.Deploy;

/// <summary>The published server with the environment of its image and of <c>deploy/compose.yaml</c>, behind nginx with <c>deploy/nginx.conf</c>: as compose runs it, but for the container itself.</summary>
public sealed class PublishedServerTests(PublishedFolder published) : IClassFixture<PublishedFolder>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_answers_behind_nginx_and_ends_in_good_order_when_it_is_told_to()
    {
        await published.SkipWhereItCannotRunAsync();
        Assert.SkipWhen(NginxProcess.Program is null, "nginx is not installed.");
        var files = Directory.EnumerateFileSystemEntries(published.Path, "*", SearchOption.AllDirectories).ToHashSet();
        await using var server = await ServerProcess.StartAsync(directory => published.Start(directory, Variables(directory)));
        Assert.DoesNotContain("Overriding", server.Output);
        if (PublishedFolder.User is { } user)
        {
            Assert.Equal($"Uid:\t{user}\t{user}\t{user}\t{user}", (await File.ReadAllLinesAsync($"/proc/{server.Id}/status", Stop)).Single(static line => line.StartsWith("Uid:", StringComparison.Ordinal)));
        }

        var (upstream, listen) = ($"http://127.0.0.1:{server.Http.BaseAddress!.Port}", new Regex(@"listen \d+;"));
        await using var nginx = await NginxProcess.StartAsync(port => listen.Replace(DeployRules.Text("nginx.conf").Replace("http://server:8080", upstream, StringComparison.Ordinal), $"listen 127.0.0.1:{port};"));
        // From here on everything goes through nginx.
        server.Http.BaseAddress = new UriBuilder(nginx.Address) { Scheme = "http", Path = "/" }.Uri;
        foreach (var path in new[] { "/", "/app/page.js", "/client/client.js", "/health/live" })
        {
            using var page = await server.SendAsync(HttpMethod.Get, path);
            Assert.True(page.IsSuccessStatusCode, $"{path}: {page.StatusCode}");
        }

        var (cookie, _) = await server.SignInAsync("operator");
        await using var client = new AirlockClient(server.Socket, new AirlockClientOptions { Token = async _ => (string?)(await server.TokenAsync(cookie))["token"] });
        client.Start();
        await client.Ready.WaitAsync(ServerProcess.Patience, Stop);
        var question = client.Send(new { type = "ask", text = "Where does my AI spend go?" });
        Assert.Equal("agent_completed", await LastAsync(client));
        await question.Done.WaitAsync(ServerProcess.Patience, Stop);

        await server.SignalAsync("TERM");
        Assert.Equal(0, await server.ExitedAsync());
        Assert.Equal(files, Directory.EnumerateFileSystemEntries(published.Path, "*", SearchOption.AllDirectories).ToHashSet());
    }

    [Fact]
    public async Task Where_the_key_of_the_local_sign_in_cannot_be_kept_it_says_which_setting_to_change()
    {
        await published.SkipWhereItCannotRunAsync();
        var (exitCode, output) = await ServerProcess.RunAsync(directory => published.Start(directory, Variables(directory).Where(static one => one.Key != "SignIn__DataDirectory")));
        Assert.Equal(1, exitCode);
        Assert.Contains($"SignIn:DataDirectory is '{Path.Combine(published.Path, ".local/share/airlock-server")}'; it must be a folder where the local issuer's key can be kept:", output);
        Assert.DoesNotContain("   at ", output);
    }

    [Fact]
    public async Task With_neither_an_authority_nor_leave_for_everybody_it_does_not_start_where_others_reach_it()
    {
        await published.SkipWhereItCannotRunAsync();
        var (exitCode, output) = await ServerProcess.RunAsync(directory => published.Start(directory, Variables(directory).Where(static one => one.Key != "SignIn__AllowRemote")));
        Assert.Equal(1, exitCode);
        Assert.Contains("The local sign-in lets anybody in, so it does not listen on ", output);
    }

    /// <summary>What the image and compose set for it, on a port that is free; compose's <c>/tmp</c> is the directory.</summary>
    private static Dictionary<string, string> Variables(string directory)
    {
        var environment = new Dictionary<string, string>(ServerImage.OfProject.Environment);
        foreach (var (name, value) in ComposeFile.Read(DeployRules.Text("compose.yaml")).Services["server"].Environment)
        {
            environment[name] = ComposeFile.Filled(value, ("AIRLOCK_ALLOW_REMOTE", "true")).Replace("/tmp", directory, StringComparison.Ordinal);
        }

        environment[Pages.PortVariable] = "0";
        return environment;
    }

    /// <summary>The type of the last message before the answer is final.</summary>
    private static async Task<string?> LastAsync(AirlockClient client)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(ServerProcess.Patience);
        string? last = null;
        await foreach (var message in client.MessagesAsync(patience.Token))
        {
            if (message.Kind == MessageKind.End)
            {
                return last;
            }

            last = message.Kind == MessageKind.Data ? (string?)message.As<JsonNode>()!["type"] : last;
        }

        return null;
    }
}
