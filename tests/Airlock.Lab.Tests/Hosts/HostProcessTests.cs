using System.Diagnostics;
using System.Text.RegularExpressions;
using Airlock.AspNetCore.Tests;
using Airlock.Core;

namespace Airlock.Lab.Tests;

/// <summary>The hosts as processes, as the suite on the wire starts them.</summary>
public sealed partial class HostProcessTests
{
    private static readonly TimeSpan _patience = Patience.Max;

    [Fact]
    public async Task Airlock_moves_its_connections_when_it_is_asked_to_stop()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no SIGTERM here.");
        using var host = new Host("--subject", "airlock", "--setup-timeout", "300000", "--drain-timeout", "20000");
        using var peer = await Peer.ReadyAsync(await host.AddressAsync());
        await host.AskToStopAsync();

        await peer.ClosesWithAsync(CloseReason.Moved, hasSession: true);
        Assert.Equal(0, await host.ExitCodeAsync());
    }

    [Fact]
    public async Task The_legacy_lets_go_of_its_connections_when_it_is_asked_to_stop()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no SIGTERM here.");
        using var host = new Host("--subject", "legacy", "--faults", "SecondMachine, LeakedMachines");
        using var peer = await Peer.ConnectAsync(await host.AddressAsync(), protocol: null);
        Assert.Contains("connection_established", await peer.TextAsync(), StringComparison.Ordinal);
        await host.AskToStopAsync();

        Assert.Equal(0, await host.ExitCodeAsync());
    }

    [Theory]
    [InlineData("Cannot parse argument 'nobody'", "--subject", "nobody")]
    [InlineData("Cannot parse argument 'Gremlins'", "--subject", "legacy", "--faults", "Gremlins")]
    [InlineData("--jwt-key takes base64 of 32 bytes or more.", "--subject", "airlock", "--jwt-key", "c2hvcnQ=")]
    [InlineData("--services-late takes -1 or more.", "--subject", "airlock", "--services-late", "-2")]
    [InlineData("'nowhere'", "--subject", "plain", "--urls", "nowhere")]
    public async Task Wrong_arguments_are_named_and_end_with_1(string complaint, params string[] arguments)
    {
        using var host = new Host(arguments);
        var error = await host.ErrorAsync();
        Assert.Contains(complaint, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(1, await host.ExitCodeAsync());
    }

    [GeneratedRegex("listens on http://(.*)$")]
    private static partial Regex Address();

    /// <summary>A host, killed if the test ends before it.</summary>
    private sealed class Host(params string[] arguments) : IDisposable
    {
        private readonly Process _process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Airlock.Lab.Hosts.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

        public async Task<Uri> AddressAsync()
        {
            var line = await _process.StandardOutput.ReadLineAsync(Cancelled).AsTask().WaitAsync(_patience, Cancelled);
            return new Uri($"ws://{Address().Match(line!).Groups[1].Value}/chat");
        }

        public Task<string> ErrorAsync() => _process.StandardError.ReadToEndAsync(Cancelled).WaitAsync(_patience, Cancelled);

        public async Task AskToStopAsync()
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync(Cancelled).WaitAsync(_patience, Cancelled);
        }

        public async Task<int> ExitCodeAsync()
        {
            await _process.WaitForExitAsync(Cancelled).WaitAsync(_patience, Cancelled);
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.Dispose();
        }
    }
}
