using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Airlock.Server.Settings;
using Airlock.Server.Tests.Processes;
using Airlock.Server.Tests.SignIn;
using Airlock.Tests.Telemetry;

namespace Airlock.Server.Tests.Deploy;

/// <summary>The files of <c>deploy/</c> against the server that there is. Docker, a cluster and Cloud Run are not here: what they make of a file that is right is not shown.</summary>
public sealed partial class DeployRulesTests
{
    [Theory]
    [InlineData("kubernetes.yaml")]
    [InlineData("cloudrun.yaml")]
    [InlineData("compose.yaml")]
    public void A_file_agrees_with_the_server(string file) => Assert.Empty(DeployRules.Faults(file, DeployRules.Text(file)));

    [Fact]
    public void The_file_of_nginx_agrees_with_compose_and_the_server() =>
        Assert.Empty(DeployRules.FaultsOfNginx(DeployRules.Text("nginx.conf"), ComposeFile.Read(DeployRules.Text("compose.yaml"))));

    [Fact]
    public void The_image_listens_where_it_says_and_is_not_root()
    {
        var image = ServerImage.OfProject;
        Assert.Equal(image.Port.ToString(CultureInfo.InvariantCulture), Assert.Contains(Pages.PortVariable, image.Environment));
        Assert.True(int.Parse(image.User, CultureInfo.InvariantCulture) > 0);
    }

    [Theory]
    [InlineData("kubernetes.yaml", "containerPort: 8080", "containerPort: 8081", "port 8081")]
    [InlineData("kubernetes.yaml", "airlock-server:0.1.0", "airlock-server:latest", "what is published is airlock-server:")]
    [InlineData("kubernetes.yaml", "/health/live", "/healthz", "asks /healthz; the server answers /health")]
    [InlineData("kubernetes.yaml", "/health/live", "/health/ready", "which answers another question")]
    [InlineData("kubernetes.yaml", "/health/startup", "/health", "which answers another question")]
    [InlineData("kubernetes.yaml", "port: http\n            periodSeconds: 10", "port: 8081\n            periodSeconds: 10", "asks port 8081")]
    [InlineData("kubernetes.yaml", "Airlock__DrainTimeout", "Airlock__DrainTimout", "Airlock:DrainTimout is no setting. Did you mean Airlock:DrainTimeout?")]
    [InlineData("kubernetes.yaml", "name: Airlock__DrainTimeout", "name: Airlock_DrainTimeout", "Airlock_DrainTimeout is no setting.")]
    [InlineData("kubernetes.yaml", "SignIn__Authority", "Signin__Authorty", "Authorty is no setting. Did you mean SignIn:Authority?")]
    [InlineData("kubernetes.yaml", "ASPNETCORE_FORWARDEDHEADERS_ENABLED", "ASPNETCORE_FORWARDED_HEADERS_ENABLED", "FORWARDED_HEADERS_ENABLED is no setting.")]
    [InlineData("kubernetes.yaml", "value: \"00:00:20\"", "value: \"20\"", "Airlock:DrainTimeout is '20'; it must be a duration")]
    [InlineData("kubernetes.yaml", "value: \"00:00:20\"", "value: \"00:00:24\"", "it is killed after 00:00:30")]
    [InlineData("kubernetes.yaml", "value: \"00:00:20\"", "value: \"00:00:25\"", "leaves it 00:00:24")]
    [InlineData("kubernetes.yaml", "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 25", "it is killed after 00:00:25")]
    [InlineData("kubernetes.yaml", "value: \"false\"", "value: false", "'value: false' must be quoted")]
    [InlineData("kubernetes.yaml", "readinessProbe", "readynessProbe", "readynessProbe")]
    [InlineData("kubernetes.yaml", "replicas: 1", "replicas: 3", "There may be 3 processes")]
    [InlineData("kubernetes.yaml", "runAsUser: 1654", "runAsUser: 0", "The pod runs as 0")]
    [InlineData("kubernetes.yaml", "targetPort: http", "targetPort: web", "no port 'web'")]
    [InlineData("kubernetes.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "can write")]
    [InlineData("kubernetes.yaml", "                name: airlock\n", "                name: airlok\n", "The Ingress sends to airlok:http")]
    [InlineData("kubernetes.yaml", "  selector:\n    app: airlock", "  selector:\n    app: airlok", "The Service selects other pods")]
    [InlineData("cloudrun.yaml", "containerPort: 8080", "containerPort: 80", "port 80;")]
    [InlineData("cloudrun.yaml", "port: 8080\n            periodSeconds: 10", "port: 80\n            periodSeconds: 10", "asks port 80;")]
    [InlineData("cloudrun.yaml", "/health/startup", "/startup", "asks /startup")]
    [InlineData("cloudrun.yaml", "name: Live__PrintLink\n              value: \"false\"", "name: PORT\n              value: \"8080\"", "Cloud Run sets PORT itself")]
    [InlineData("cloudrun.yaml", "name: Live__PrintLink\n              value: \"false\"", "name: Airlock__DrainTimeout\n              value: \"00:00:09\"", "it is killed after 00:00:10")]
    [InlineData("cloudrun.yaml", "Logging__Console", "Loging__Console", "Loging is no setting. Did you mean Logging?")]
    [InlineData("cloudrun.yaml", "maxScale: \"1\"", "maxScale: \"10\"", "There may be 10 processes")]
    [InlineData("cloudrun.yaml", "maxScale: \"1\"", "maxScale: 1", "must be quoted")]
    [InlineData("cloudrun.yaml", "sessionAffinity", "sesionAffinity", "Without session affinity")]
    [InlineData("cloudrun.yaml", "containerConcurrency", "containerConcurency", "containerConcurency")]
    [InlineData("cloudrun.yaml", "timeoutSeconds: 3600", "timeoutSeconds: 7200", "an hour")]
    [InlineData("compose.yaml", "stop_grace_period: 30s", "stop_grace_period: 10s", "it is killed after 00:00:10")]
    [InlineData("compose.yaml", "stop_grace_period", "stop_grace_periode", "stop_grace_periode")]
    [InlineData("compose.yaml", "SignIn__AllowRemote", "SignIn__AlowRemote", "Did you mean SignIn:AllowRemote?")]
    [InlineData("compose.yaml", "health/ready", "ready", "asks /ready")]
    [InlineData("compose.yaml", "read_only: true", "read_only: false", "can write")]
    public void A_mistake_in_a_file_is_seen(string file, string right, string wrong, string words)
    {
        var text = DeployRules.Text(file);
        Assert.Contains(right, text);
        Assert.Contains(DeployRules.Faults(file, text.Replace(right, wrong, StringComparison.Ordinal)), fault => fault.Contains(words, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("server:8080", "server:80", "nginx passes to server:80")]
    [InlineData("server:8080", "airlock:8080", "nginx passes to airlock:8080")]
    [InlineData("listen 8080", "listen 80", "nginx listens on 80")]
    [InlineData("proxy_read_timeout 60s", "proxy_read_timeout 30s", "proxy_read_timeout cuts what is silent for 30 s")]
    public void A_mistake_in_the_file_of_nginx_is_seen(string right, string wrong, string words)
    {
        var text = DeployRules.Text("nginx.conf");
        Assert.Contains(right, text);
        var faults = DeployRules.FaultsOfNginx(text.Replace(right, wrong, StringComparison.Ordinal), ComposeFile.Read(DeployRules.Text("compose.yaml")));
        Assert.Contains(words, Assert.Single(faults));
    }

    [Theory]
    [InlineData("kubernetes.yaml")]
    [InlineData("cloudrun.yaml")]
    public async Task The_server_takes_what_a_file_sets_and_answers_its_probes(string file)
    {
        await using var authority = new StandInAuthority();
        await authority.StartAsync();
        var container = ServerContainer.Read(file, DeployRules.Text(file));
        await using var server = await ServerProcess.StartAsync([.. container.Environment.Select(static one => (one.Key, one.Value)), ("SignIn:Authority", authority.Address)]);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ServerProcess.Patience);
        foreach (var (name, path, _) in container.Probes)
        {
            while (await StatusAsync(server, path, name) != HttpStatusCode.OK)
            {
                // The gates are being looked at for the first time.
                await Task.Delay(20, patience.Token);
            }
        }
    }

    [Fact]
    public void The_page_names_every_file_and_no_file_or_setting_that_there_is_not()
    {
        var page = OperatingPage.Read("docs/deploying.md");
        Assert.Equal(
            Directory.EnumerateFiles(OperatingPage.Folder("deploy")).Select(static path => Path.GetFileName(path)).Order(),
            FileName().Matches(page).Select(static file => file.Groups[1].Value).Distinct().Order());
        var settings = Setting().Matches(page).Select(static setting => KeyValuePair.Create(setting.Groups[1].Value, setting.Groups[2].Value)).ToLookup(static setting => setting.Value.Length > 0);
        Assert.NotEmpty(settings[true]);
        Sections.Check(DeployRules.ConfigurationOf(settings[true]));
        var named = Record.Exception(() => Sections.Check(DeployRules.ConfigurationOf(settings[false])));
        Assert.DoesNotContain("is no setting", named?.Message ?? "");
    }

    [Theory]
    [InlineData("compose", "compose.yaml")]
    [InlineData("Kubernetes", "kubernetes.yaml")]
    [InlineData("Cloud Run", "cloudrun.yaml")]
    public void The_page_tells_the_times_that_a_file_gives(string row, string file)
    {
        var container = ServerContainer.Read(file, DeployRules.Text(file));
        var cells = OperatingPage.Read("docs/deploying.md").Split('\n').Single(line => line.StartsWith($"| {row} |", StringComparison.Ordinal)).Trim('|').Split('|').Select(static cell => cell.Trim()).ToList();
        Assert.Equal(container.BeforeStop == TimeSpan.Zero ? "" : $"{container.BeforeStop.TotalSeconds} s", cells[1].Split('(')[0].Trim());
        Assert.Equal($"{DeployRules.AirlockOf(container).DrainTimeout.TotalSeconds} s", cells[2]);
        Assert.Equal($"{container.Grace.TotalSeconds} s", cells[3].Split('(')[0].Trim());
    }

    /// <summary>What the server answers to a probe; it must know it by that name.</summary>
    private static async Task<HttpStatusCode> StatusAsync(ServerProcess server, string path, string name)
    {
        using var answer = await server.SendAsync(HttpMethod.Get, path);
        Assert.Equal(name, (string?)(await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!["probe"]);
        return answer.StatusCode;
    }

    [GeneratedRegex(@"deploy/([\w.-]+\w)")]
    private static partial Regex FileName();

    [GeneratedRegex(@"`(\w+__\w+)(?:=([^`]*))?`")]
    private static partial Regex Setting();
}
