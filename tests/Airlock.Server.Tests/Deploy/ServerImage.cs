using System.Globalization;
using System.Xml.Linq;
using Airlock.Tests.Telemetry;

namespace Airlock.Server.Tests.Deploy;

/// <summary>The image that publishing the server makes, as its project file says.</summary>
internal sealed record ServerImage(string Name, int Port, string User, IReadOnlyDictionary<string, string> Environment)
{
    public const string Project = "server/Airlock.Server/Airlock.Server.csproj";

    public static ServerImage OfProject { get; } = Read(OperatingPage.Read(Project));

    public static ServerImage Read(string project)
    {
        var elements = XDocument.Parse(project).Descendants().ToLookup(static element => element.Name.LocalName);
        var version = XDocument.Parse(OperatingPage.Read("Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        return new ServerImage(
            $"{elements["ContainerRepository"].Single().Value}:{elements["ContainerImageTag"].Single().Value.Replace("$(VersionPrefix)", version, StringComparison.Ordinal)}",
            int.Parse(elements["ContainerPort"].Single().Attribute("Include")!.Value, CultureInfo.InvariantCulture),
            elements["ContainerUser"].Single().Value,
            elements["ContainerEnvironmentVariable"].ToDictionary(static element => element.Attribute("Include")!.Value, static element => element.Attribute("Value")!.Value));
    }
}
