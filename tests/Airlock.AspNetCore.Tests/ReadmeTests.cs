using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.AspNetCore.Tests;

public sealed partial class ReadmeTests
{
    /// <summary>What a web application has without saying so, and what the README leaves to the reader's imagination.</summary>
    private const string Around = """
        global using System;
        global using System.Collections.Generic;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.Extensions.DependencyInjection;

        sealed class Model
        {
            public async IAsyncEnumerable<string> AnswerAsync(string? question, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
            {
                await Task.Yield();
                yield return question ?? "";
            }
        }

        sealed class ModelHealthCheck : Microsoft.Extensions.Diagnostics.HealthChecks.IHealthCheck
        {
            public Task<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult> CheckHealthAsync(
                Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckContext context, CancellationToken cancellationToken) => throw new NotSupportedException();
        }
        """;

    [Fact]
    public async Task The_server_in_the_README_compiles_and_has_twenty_lines()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"), TestContext.Current.CancellationToken);
        var code = Server().Match(readme).Groups["code"].Value;
        Assert.InRange(code.Split('\n').Length, 10, 21);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "Readme",
            [CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken), CSharpSyntaxTree.ParseText(Around, cancellationToken: TestContext.Current.CancellationToken)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        Assert.Empty(compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(static d => d.Severity >= DiagnosticSeverity.Warning));
    }

    /// <summary>The folder that has <c>Airlock.slnx</c>.</summary>
    private static string Root([CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Airlock.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No Airlock.slnx above {here}.");
    }

    [GeneratedRegex(@"<!-- readme-server:begin -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Server();
}
