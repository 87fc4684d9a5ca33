using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Airlock.Client.Tests.Reference;

/// <summary>The files in spec/vectors, which every implementation reads.</summary>
public static class Vectors
{
    public static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), file)), documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!;

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../spec/vectors"));
}
