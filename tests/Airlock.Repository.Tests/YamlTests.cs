using System.Diagnostics;

namespace Airlock.Repository.Tests;

/// <summary>Every YAML file of the tree, judged by yamllint with the rules of <c>.yamllint.yml</c>.</summary>
public class YamlTests
{
    [Fact]
    public async Task Every_yaml_file_is_one_and_tidy()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(static folder => Path.Combine(folder, "yamllint")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "yamllint is not installed.");
        var files = SourceFile.Tree(".yml", ".yaml").Select(static file => file.Path).ToList();
        Assert.Contains("deploy/kubernetes.yaml", files);
        using var yamllint = Process.Start(new ProcessStartInfo(program, ["--strict", "--format", "parsable", .. files]) { WorkingDirectory = SourceFile.Root, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await Task.WhenAll(yamllint.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), yamllint.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken))
            .WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        await yamllint.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(yamllint.ExitCode == 0, string.Concat(output));
    }
}
