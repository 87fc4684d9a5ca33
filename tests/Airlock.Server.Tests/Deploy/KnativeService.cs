using k8s.Models;

namespace Airlock.Server.Tests.Deploy;

/// <summary>A service as Cloud Run reads it (its YAML reference, v1). What neither these types nor those of Kubernetes know is a mistake.</summary>
internal sealed class KnativeService
{
    public string ApiVersion { get; init; } = "";

    public string Kind { get; init; } = "";

    public V1ObjectMeta Metadata { get; init; } = new();

    public ServiceSpec Spec { get; init; } = new();

    public sealed class ServiceSpec
    {
        public RevisionTemplate Template { get; init; } = new();
    }

    public sealed class RevisionTemplate
    {
        public V1ObjectMeta Metadata { get; init; } = new();

        public RevisionSpec Spec { get; init; } = new();
    }

    public sealed class RevisionSpec
    {
        public int ContainerConcurrency { get; init; }

        public int TimeoutSeconds { get; init; }

        public IList<V1Container> Containers { get; init; } = [];
    }
}
