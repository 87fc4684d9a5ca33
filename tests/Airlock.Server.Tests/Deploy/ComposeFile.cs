using System.Text.RegularExpressions;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Airlock.Server.Tests.Deploy;

/// <summary>A compose file: as much of its schema as <c>deploy/compose.yaml</c> uses. What is not here is a mistake.</summary>
internal sealed partial class ComposeFile
{
    public string Name { get; init; } = "";

    public Dictionary<string, ServiceEntry> Services { get; init; } = [];

    /// <summary>Reads it.</summary>
    /// <exception cref="YamlDotNet.Core.YamlException">It has something that there is not.</exception>
    public static ComposeFile Read(string text) =>
        new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithDuplicateKeyChecking().Build().Deserialize<ComposeFile>(text);

    /// <summary>A value with what the environment has in place of <c>${NAME:-default}</c>.</summary>
    public static string Filled(string? value, params (string Name, string Value)[] environment) => Variable().Replace(value ?? "", variable =>
        environment.Where(one => one.Name == variable.Groups["name"].Value).Select(static one => one.Value).LastOrDefault() ?? variable.Groups["default"].Value);

    [GeneratedRegex(@"\$\{(?<name>\w+):-(?<default>[^}]*)\}")]
    private static partial Regex Variable();

    public sealed class ServiceEntry
    {
        public string Image { get; init; } = "";

        public string Restart { get; init; } = "";

        public Dictionary<string, string> Environment { get; init; } = [];

        public string StopGracePeriod { get; init; } = "10s";

        public bool ReadOnly { get; init; }

        public List<string> Tmpfs { get; init; } = [];

        public List<string> CapDrop { get; init; } = [];

        public List<string> SecurityOpt { get; init; } = [];

        public string MemLimit { get; init; } = "";

        public List<string> DependsOn { get; init; } = [];

        public List<string> Ports { get; init; } = [];

        public List<string> Volumes { get; init; } = [];

        public Check Healthcheck { get; init; } = new();
    }

    public sealed class Check
    {
        public List<string> Test { get; init; } = [];

        public string Interval { get; init; } = "";

        public string Timeout { get; init; } = "";

        public int Retries { get; init; }
    }
}
