using System.Globalization;
using System.Text.RegularExpressions;
using Airlock.AspNetCore;
using Airlock.Server.Settings;
using Airlock.Tests.Telemetry;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using YamlDotNet.Core;

namespace Airlock.Server.Tests.Deploy;

/// <summary>What the files of <c>deploy/</c> must agree on with the server. Each rule yields one sentence for a breach.</summary>
internal static partial class DeployRules
{
    // From the end of the drain: the last closes are written, the listener closes, the process exits.
    private static readonly TimeSpan _toExit = TimeSpan.FromSeconds(2);

    private static readonly Lazy<IReadOnlyList<string>> _healthPaths = new(MapHealth);

    /// <summary>The text of a file.</summary>
    public static string Text(string file) => OperatingPage.Read($"deploy/{file}");

    /// <summary>What is wrong with a file that runs the server.</summary>
    public static IReadOnlyList<string> Faults(string file, string text)
    {
        try
        {
            var server = ServerContainer.Read(file, text);
            return [.. Image(server, file), .. Settings(server), .. Probes(server), .. Stop(server), .. OneProcess(server), .. Texts(text), .. file switch
            {
                "kubernetes.yaml" => Wiring(ServerContainer.Kubernetes(text), server),
                "cloudrun.yaml" => OfCloudRun(ServerContainer.CloudRun(text)),
                _ => OfCompose(ComposeFile.Read(text)),
            }];
        }
        catch (YamlException e)
        {
            return [e.Message];
        }
    }

    /// <summary>What is wrong with nginx's file, as compose mounts it.</summary>
    public static IEnumerable<string> FaultsOfNginx(string text, ComposeFile compose)
    {
        var (host, port) = UpstreamOf(text);
        if (!compose.Services.ContainsKey(host) || port != ServerImage.OfProject.Port)
        {
            yield return $"nginx passes to {host}:{port}; the server is server:{ServerImage.OfProject.Port}.";
        }

        var listens = int.Parse(Listen().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        var nginx = compose.Services["nginx"];
        if (!nginx.Ports.Single().EndsWith($":{listens}", StringComparison.Ordinal) || new Uri(nginx.Healthcheck.Test[^1]).Port != listens)
        {
            yield return $"nginx listens on {listens}; compose publishes {nginx.Ports.Single()} and asks {nginx.Healthcheck.Test[^1]}.";
        }

        var timeouts = new AirlockOptions().Endpoint.Timeouts;
        foreach (Match limit in SilenceLimit().Matches(text))
        {
            if (TimeSpan.FromSeconds(int.Parse(limit.Groups[2].Value, CultureInfo.InvariantCulture)) <= timeouts.Idle + timeouts.Pong)
            {
                yield return $"nginx's {limit.Groups[1].Value} cuts what is silent for {limit.Groups[2].Value} s; a good connection may be silent for {timeouts.Idle + timeouts.Pong}.";
            }
        }
    }

    /// <summary>Where nginx passes requests on to.</summary>
    public static (string Host, int Port) UpstreamOf(string nginx) =>
        Upstream().Match(nginx) is { Success: true } found ? (found.Groups[1].Value, int.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture)) : throw new FormatException("nginx passes nothing on.");

    /// <summary>What the settings of a file come to; what the server does not know is left to <see cref="Settings"/>.</summary>
    public static IConfigurationRoot ConfigurationOf(IEnumerable<KeyValuePair<string, string>> environment) => new ConfigurationBuilder()
        .AddCommandLine([.. environment.Where(static one => one.Key != Pages.PortVariable).Select(static one => $"--{HostPrefix().Replace(one.Key, "").Replace("__", ":", StringComparison.Ordinal)}={one.Value}")])
        .Build();

    /// <summary>The library's options, as a file sets them.</summary>
    public static AirlockOptions AirlockOf(ServerContainer server)
    {
        var options = new AirlockOptions();
        ConfigurationOf(server.Environment).BindStrictly(options);
        return options;
    }

    private static IEnumerable<string> Image(ServerContainer server, string file)
    {
        var image = ServerImage.OfProject;
        if (server.Image != image.Name && !server.Image.EndsWith($"/{image.Name}", StringComparison.Ordinal))
        {
            yield return $"The file runs {server.Image}; what is published is {image.Name}.";
        }

        if (server.Port != image.Port)
        {
            yield return $"Requests are sent to port {server.Port}; the image listens on {image.Port}.";
        }

        if (server.Environment.TryGetValue(Pages.PortVariable, out var port))
        {
            if (file == "cloudrun.yaml")
            {
                yield return $"Cloud Run sets {Pages.PortVariable} itself and takes no file that does.";
            }
            else if (port != string.Create(CultureInfo.InvariantCulture, $"{server.Port}"))
            {
                yield return $"The server is told to listen on port {port}; requests are sent to {server.Port}.";
            }
        }
    }

    private static IReadOnlyList<string> Settings(ServerContainer server)
    {
        try
        {
            // As arguments, of which none is anybody else's.
            Sections.Check(ConfigurationOf(server.Environment));
            return [];
        }
        catch (OptionsValidationException wrong)
        {
            return [.. wrong.Failures];
        }
    }

    private static IEnumerable<string> Probes(ServerContainer server)
    {
        foreach (var (name, path, port) in server.Probes)
        {
            if (!_healthPaths.Value.Contains(path))
            {
                yield return $"The probe '{name}' asks {path}; the server answers {string.Join(", ", _healthPaths.Value)}.";
            }
            else if (!path.EndsWith($"/{name}", StringComparison.Ordinal))
            {
                yield return $"The probe '{name}' asks {path}, which answers another question.";
            }

            if (port is not ("" or "http") && port != string.Create(CultureInfo.InvariantCulture, $"{server.Port}"))
            {
                yield return $"The probe '{name}' asks port {port}; the server listens on {server.Port}.";
            }
        }
    }

    private static IEnumerable<string> Stop(ServerContainer server)
    {
        var configuration = ConfigurationOf(server.Environment);
        if (SettingsShape.Faults(configuration.GetSection("Airlock"), typeof(AirlockOptions)).Any())
        {
            yield break;
        }

        var airlock = AirlockOf(server);
        var shutdown = configuration["shutdownTimeoutSeconds"] is { } seconds ? TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)) : new HostOptions().ShutdownTimeout;
        var left = shutdown - airlock.Endpoint.Timeouts.Close - TimeSpan.FromSeconds(1);
        if (airlock.DrainTimeout > left)
        {
            yield return $"The drain may take {airlock.DrainTimeout}, but the host's shutdown timeout of {shutdown} leaves it {left}.";
        }

        if (server.BeforeStop + airlock.DrainTimeout + _toExit > server.Grace)
        {
            yield return $"To stop takes {server.BeforeStop} before it begins, up to {airlock.DrainTimeout} of drain and {_toExit} to exit; it is killed after {server.Grace}.";
        }
    }

    /// <summary>Sessions live in the process: what this would change must change the files and docs/deploying.md, too.</summary>
    private static IEnumerable<string> OneProcess(ServerContainer server) =>
        server.Processes == "1" ? [] : [$"There may be {server.Processes} processes, which do not know each other's sessions."];

    /// <summary>YAML takes these for numbers and booleans, and the API servers, which want text, refuse the file.</summary>
    private static IEnumerable<string> Texts(string text) =>
        BareValue().Matches(text).Select(static bare => $"'{bare.Value.Trim()}' must be quoted.");

    private static IEnumerable<string> Wiring(IReadOnlyList<object> objects, ServerContainer server)
    {
        var deployment = objects.OfType<V1Deployment>().Single().Spec;
        var service = objects.OfType<V1Service>().Single();
        var backend = objects.OfType<V1Ingress>().Single().Spec.Rules.Single().Http.Paths.Single().Backend.Service;
        var pod = deployment.Template.Spec;
        var container = pod.Containers.Single();
        var ports = container.Ports.Select(static port => port.Name).ToList();
        foreach (var (what, labels) in new[] { ("Deployment", deployment.Selector.MatchLabels), ("Service", service.Spec.Selector) })
        {
            if (labels.Count == 0 || labels.Except(deployment.Template.Metadata.Labels).Any())
            {
                yield return $"The {what} selects other pods.";
            }
        }

        foreach (var port in service.Spec.Ports.Select(static port => port.TargetPort.Value).Concat(server.Probes.Select(static probe => probe.Port)).Where(port => !ports.Contains(port)))
        {
            yield return $"The container has no port '{port}'.";
        }

        if (backend.Name != service.Metadata.Name || service.Spec.Ports.All(port => port.Name != backend.Port.Name))
        {
            yield return $"The Ingress sends to {backend.Name}:{backend.Port.Name}, which there is not.";
        }

        if (pod.SecurityContext is not { RunAsNonRoot: true } || pod.SecurityContext.RunAsUser?.ToString(CultureInfo.InvariantCulture) != ServerImage.OfProject.User)
        {
            yield return $"The pod runs as {pod.SecurityContext?.RunAsUser}, the image as {ServerImage.OfProject.User}.";
        }

        if (container.SecurityContext is not { ReadOnlyRootFilesystem: true, AllowPrivilegeEscalation: false } || container.Resources?.Limits is not { Count: 2 })
        {
            yield return "The container can write to its files, gain rights, or take all that the node has.";
        }
    }

    private static IEnumerable<string> OfCloudRun(KnativeService service)
    {
        var template = service.Spec.Template;
        if (!template.Metadata.Annotations.TryGetValue("autoscaling.knative.dev/minScale", out var least) || least != "1")
        {
            yield return "With no instance left nobody's session lives.";
        }

        if (!template.Metadata.Annotations.TryGetValue("run.googleapis.com/sessionAffinity", out var affinity) || affinity != "true")
        {
            yield return "Without session affinity a client comes back to any instance.";
        }

        if (template.Spec.TimeoutSeconds != 3600 || template.Spec.ContainerConcurrency is < 1 or > 1000)
        {
            yield return "Cloud Run allows an hour for a request, which a WebSocket is, and 1000 requests at a time.";
        }
    }

    private static IEnumerable<string> OfCompose(ComposeFile compose) =>
        compose.Services["server"] is { ReadOnly: true, Tmpfs: ["/tmp"], CapDrop: ["ALL"] } ? [] : ["The server can write to its files or has rights that it does not need."];

    private static IReadOnlyList<string> MapHealth()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddAirlock();
        IEndpointRouteBuilder app = builder.Build();
        app.MapAirlockHealth();
        return [.. app.DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>().Select(static endpoint => $"/{endpoint.RoutePattern.RawText!.Trim('/')}")];
    }

    [GeneratedRegex(@"^\s*listen (\d+);", RegexOptions.Multiline)]
    private static partial Regex Listen();

    [GeneratedRegex(@"^\s*set \$airlock http://([\w.-]+):(\d+);", RegexOptions.Multiline)]
    private static partial Regex Upstream();

    [GeneratedRegex(@"^\s*(proxy_(?:read|send)_timeout) (\d+)s;", RegexOptions.Multiline)]
    private static partial Regex SilenceLimit();

    [GeneratedRegex("^(ASPNETCORE|DOTNET)_")]
    private static partial Regex HostPrefix();

    // Values of env, and of annotations, whose keys have a slash.
    [GeneratedRegex(@"^\s+(value|[\w.-]+/[\w-]+): (true|false|[\d.:]+)\s*$", RegexOptions.Multiline)]
    private static partial Regex BareValue();
}
