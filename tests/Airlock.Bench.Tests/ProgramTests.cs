using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Airlock.Bench.Tests;

/// <summary>The program as it is called, in a process of its own.</summary>
public class ProgramTests
{
    private static readonly TimeSpan _patience = Patience.Max;

    [Fact]
    public async Task Every_target_does_what_is_measured_and_no_connection_ends_without_its_peer_wanting_it()
    {
        var (code, output, errors) = await RunAsync("--quick");

        Assert.True(code == 0, errors + output);
        Assert.Contains("Closes that no peer wanted: 0.", output, StringComparison.Ordinal);
        Assert.All(Measures.AllMeasures.All.SelectMany(static m => m.Rows), row => Assert.Contains(row.Title, output, StringComparison.Ordinal));
        Assert.All(Target.All, target => Assert.Contains(target, output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("There is no target 'apache'. Known: kestrel, kestrel-jwt, signalr, airlock.", "--targets", "apache")]
    [InlineData("There is no measure 'beauty'.", "beauty")]
    [InlineData("--connections takes a number from 1 to 19000.", "--connections", "0")]
    public async Task Wrong_arguments_are_refused_in_words(string says, params string[] arguments) => await RefusesAsync(says, arguments);

    [Fact]
    public async Task A_port_in_use_is_refused_in_words()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        await RefusesAsync(FormattableString.Invariant($"The target kestrel cannot listen on port {port}"), "--quick", "--targets", "kestrel", "--port", port.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task RefusesAsync(string says, params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains(says, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors + output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        // bin/<project>/<configuration>/: the same configuration of the project next door.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var program = Path.Combine(here, "..", "..", "Airlock.Bench", Path.GetFileName(here), "Airlock.Bench.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var stop = TestContext.Current.CancellationToken;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(stop), process.StandardError.ReadToEndAsync(stop));
            await Task.WhenAll(output, errors, process.WaitForExitAsync(stop)).WaitAsync(_patience, stop);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            // Only if it hangs: its servers end with it.
            process.Kill(entireProcessTree: true);
        }
    }
}
