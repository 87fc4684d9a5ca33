using System.Globalization;
using k8s;
using k8s.Models;

namespace Airlock.Server.Tests.Deploy;

/// <summary>What a file of <c>deploy/</c> says of the container with the server.</summary>
internal sealed record ServerContainer
{
    // What Cloud Run gives between SIGTERM and SIGKILL; no file can say more.
    private static readonly TimeSpan _graceOfCloudRun = TimeSpan.FromSeconds(10);

    public required string Image { get; init; }

    /// <summary>Where requests are sent.</summary>
    public required int Port { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Each probe as the server calls it, what it asks, and where.</summary>
    public required IReadOnlyList<(string Name, string Path, string Port)> Probes { get; init; }

    /// <summary>How long before it is told to stop it is waited.</summary>
    public TimeSpan BeforeStop { get; init; }

    /// <summary>How long until it is killed, that wait included.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>How many processes there may be.</summary>
    public required string Processes { get; init; }

    /// <summary>Reads a file strictly.</summary>
    /// <exception cref="YamlDotNet.Core.YamlException">It has something that there is not.</exception>
    public static ServerContainer Read(string file, string text) => file switch
    {
        "kubernetes.yaml" => OfKubernetes(Kubernetes(text).OfType<V1Deployment>().Single()),
        "cloudrun.yaml" => OfCloudRun(CloudRun(text)),
        "compose.yaml" => OfCompose(ComposeFile.Read(text)),
        _ => throw new ArgumentOutOfRangeException(nameof(file), file, "No file of deploy/ with a container."),
    };

    public static IReadOnlyList<object> Kubernetes(string text) => KubernetesYaml.LoadAllFromString(text, strict: true);

    public static KnativeService CloudRun(string text) =>
        (KnativeService)KubernetesYaml.LoadAllFromString(text, new Dictionary<string, Type> { ["serving.knative.dev/v1/Service"] = typeof(KnativeService) }, strict: true).Single();

    private static ServerContainer OfKubernetes(V1Deployment deployment)
    {
        var pod = deployment.Spec.Template.Spec;
        var container = pod.Containers.Single();
        return new ServerContainer
        {
            Image = container.Image,
            Port = container.Ports.Single().ContainerPort,
            Environment = EnvironmentOf(container),
            Probes = [.. ProbesOf(container)],
            BeforeStop = TimeSpan.FromSeconds(container.Lifecycle?.PreStop?.Sleep?.Seconds ?? 0),
            Grace = TimeSpan.FromSeconds(pod.TerminationGracePeriodSeconds ?? 30),
            Processes = string.Create(CultureInfo.InvariantCulture, $"{deployment.Spec.Replicas ?? 1}"),
        };
    }

    private static ServerContainer OfCloudRun(KnativeService service)
    {
        var template = service.Spec.Template;
        var container = template.Spec.Containers.Single();
        return new ServerContainer
        {
            Image = container.Image,
            Port = container.Ports.Single().ContainerPort,
            Environment = EnvironmentOf(container),
            Probes = [.. ProbesOf(container)],
            Grace = _graceOfCloudRun,
            Processes = template.Metadata.Annotations.TryGetValue("autoscaling.knative.dev/maxScale", out var most) ? most : "as many as Cloud Run likes",
        };
    }

    private static ServerContainer OfCompose(ComposeFile file)
    {
        // nginx passes all on, so what it asks itself it asks the server.
        var asked = new Uri(file.Services["nginx"].Healthcheck.Test[^1]);
        var server = file.Services["server"];
        return new ServerContainer
        {
            Image = ComposeFile.Filled(server.Image),
            Port = DeployRules.UpstreamOf(DeployRules.Text("nginx.conf")).Port,
            Environment = server.Environment.ToDictionary(static one => one.Key, static one => ComposeFile.Filled(one.Value)),
            Probes = [("ready", asked.AbsolutePath, "")],
            Grace = TimeSpan.FromSeconds(int.Parse(server.StopGracePeriod.TrimEnd('s'), CultureInfo.InvariantCulture)),
            Processes = "1",
        };
    }

    private static Dictionary<string, string> EnvironmentOf(V1Container container) => container.Env.ToDictionary(static one => one.Name, static one => one.Value);

    private static IEnumerable<(string Name, string Path, string Port)> ProbesOf(V1Container container) =>
        new[] { ("startup", container.StartupProbe), ("live", container.LivenessProbe), ("ready", container.ReadinessProbe) }
            .Where(static probe => probe.Item2 is not null).Select(static probe => (probe.Item1, probe.Item2.HttpGet.Path, probe.Item2.HttpGet.Port.Value));
}
