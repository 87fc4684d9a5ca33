using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Airlock.Lab.Commands;
using Airlock.Lab.Tests.Reports;

namespace Airlock.Lab.Tests.Commands;

/// <summary>docs/deploying.md tells operators to check a deploy by the lab's commands.</summary>
public sealed partial class DeployingPageTests
{
    [Fact]
    public void What_the_page_tells_to_type_is_taken_and_fails_where_nobody_listens()
    {
        var commands = Command().Matches(Repository.Read("docs/deploying.md")).Select(static command => command.Groups["typed"].Value).ToList();
        Assert.Contains(commands, static command => command.StartsWith("probe ", StringComparison.Ordinal));
        Assert.Contains(commands, static command => command.StartsWith("wire ", StringComparison.Ordinal));
        Assert.All(commands, static command =>
        {
            // A port that stays taken by a socket on which nobody listens.
            using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var typed = Address().Replace(command.Replace("\"$TOKEN\"", "token", StringComparison.Ordinal), $"ws://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}/chat");
            using var output = new StringWriter();
            Assert.Equal(1, CommandLine.Run(typed.Split(' '), new LabConsole(output, output, false, CancellationToken.None)));
            // What it says is wrong is the address, not what was typed.
            Assert.Contains("127.0.0.1:", output.ToString(), StringComparison.Ordinal);
        });
    }

    [GeneratedRegex(@"(?:Airlock\.Lab -c Release -- |`)(?<typed>(?:probe|wire) [^`\n]+)")]
    private static partial Regex Command();

    [GeneratedRegex(@"(?:https|wss|ws)://\S+")]
    private static partial Regex Address();
}
