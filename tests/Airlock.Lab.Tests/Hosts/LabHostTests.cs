using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Airlock.AspNetCore.Tests;
using Airlock.Core;
using Airlock.Lab.Hosts;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Tests;

/// <summary>What is empty in the simulation, on real Kestrel: the legacy model closes with 1011 for what is no bug, Airlock does not.</summary>
public sealed class LabHostTests
{
    [Fact]
    public async Task A_pipeline_without_sessions_is_1011_for_the_legacy_with_its_fault_and_nothing_to_others()
    {
        await using (var faulty = await HostedSubject.LegacyAsync(LegacyFault.SessionMiddleware))
        {
            Assert.Equal((null, 1011), await HostedSubject.TalkToLegacyAsync(faulty.Socket));
        }

        await using (var plain = await HostedSubject.LegacyAsync(LegacyFault.None))
        {
            Assert.Equal(("anonymous", 0), await HostedSubject.TalkToLegacyAsync(plain.Socket));
        }

        await using var airlock = await HostedSubject.AirlockAsync();
        Assert.StartsWith("m1 ", await HostedSubject.TalkToAirlockAsync(airlock.Socket), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LegacyFault.None, 1008)]
    [InlineData(LegacyFault.AuthenticationAs1011, 1011)]
    public async Task The_legacy_closes_for_tokens_with_its_code(LegacyFault faults, int code)
    {
        await using var host = await HostedSubject.LegacyAsync(faults, static s => s with { JwtKey = HostedSubject.Key });
        Assert.Equal(("alice", 0), await HostedSubject.TalkToLegacyAsync(host.Socket, static o => o.SetRequestHeader("Authorization", $"Bearer {HostedSubject.TokenOf("alice")}")));
        Assert.Equal((null, code), await HostedSubject.TalkToLegacyAsync(host.Socket));
        foreach (var token in new[] { "not.a.token", HostedSubject.TokenOf("alice", hasExpired: true) })
        {
            Assert.Equal((null, code), await HostedSubject.TalkToLegacyAsync(host.Socket, o => o.SetRequestHeader("Authorization", $"Bearer {token}")));
        }
    }

    [Fact]
    public async Task Airlock_closes_for_tokens_with_a_cause_each()
    {
        await using var host = await HostedSubject.AirlockAsync(static s => s with { JwtKey = HostedSubject.Key });
        Assert.Equal("m1 alice", await HostedSubject.TalkToAirlockAsync(host.Socket, HostedSubject.TokenOf("alice")));
        await HostedSubject.AirlockClosesAsync(host.Socket, CloseReason.CredentialsMissing);
        await HostedSubject.AirlockClosesAsync(host.Socket, CloseReason.CredentialsMalformed, "not.a.token");
        await HostedSubject.AirlockClosesAsync(host.Socket, CloseReason.TokenExpired, HostedSubject.TokenOf("alice", hasExpired: true));
    }

    [Theory]
    [InlineData(LegacyFault.None, 1013)]
    [InlineData(LegacyFault.AuthenticationAs1011, 1011)]
    public async Task An_authority_out_of_reach_is_its_code_for_the_legacy(LegacyFault faults, int code)
    {
        using var nobody = new Nobody();
        await using var host = await HostedSubject.LegacyAsync(faults, s => s with { JwtAuthority = nobody.Address });
        Assert.Equal((null, code), await HostedSubject.TalkToLegacyAsync(host.Socket, static o => o.SetRequestHeader("Authorization", $"Bearer {HostedSubject.TokenOf("alice")}")));
    }

    [Fact]
    public async Task An_authority_out_of_reach_is_its_own_cause_for_Airlock()
    {
        using var nobody = new Nobody();
        await using var host = await HostedSubject.AirlockAsync(s => s with { JwtAuthority = nobody.Address });
        await HostedSubject.AirlockClosesAsync(host.Socket, CloseReason.AuthenticationUnavailable, HostedSubject.TokenOf("alice"));
    }

    [Fact]
    public async Task Stripped_headers_are_1011_for_the_legacy_with_its_fault()
    {
        await using var host = await HostedSubject.LegacyAsync(LegacyFault.AuthenticationAs1011, static s => s with { JwtKey = HostedSubject.Key });
        var token = HostedSubject.TokenOf("alice");
        await using (var half = new StrippingProxy(host.Socket, "Authorization"))
        {
            Assert.Equal(("alice", 0), await HostedSubject.TalkToLegacyAsync(half.Address, Carry));
        }

        await using var whole = new StrippingProxy(host.Socket, "Authorization", "Sec-WebSocket-Protocol");
        Assert.Equal((null, 1011), await HostedSubject.TalkToLegacyAsync(whole.Address, Carry));

        void Carry(System.Net.WebSockets.ClientWebSocketOptions options)
        {
            options.SetRequestHeader("Authorization", $"Bearer {token}");
            options.AddSubProtocol("jwt-auth");
            options.AddSubProtocol($"jwt.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token))}");
        }
    }

    [Fact]
    public async Task Stripped_headers_are_a_cause_or_nothing_to_Airlock()
    {
        await using var host = await HostedSubject.AirlockAsync(static s => s with { JwtKey = HostedSubject.Key });
        var token = HostedSubject.TokenOf("alice");
        await using (var half = new StrippingProxy(host.Socket, "Authorization"))
        {
            // The token in the first frame arrives where the header does not.
            Assert.Equal("m1 alice", await HostedSubject.TalkToAirlockAsync(half.Address, token));
            await HostedSubject.AirlockClosesAsync(half.Address, CloseReason.CredentialsMissing, configure: o => o.SetRequestHeader("Authorization", $"Bearer {token}"));
        }

        await using var whole = new StrippingProxy(host.Socket, "Authorization", "Sec-WebSocket-Protocol");
        Assert.Equal(400, await Peer.RefusedAsync(whole.Address));
    }

    [Theory]
    [InlineData(LegacyFault.None, 1013)]
    [InlineData(LegacyFault.ServicesAs1011, 1011)]
    public async Task Services_that_never_come_are_their_code_for_the_legacy(LegacyFault faults, int code)
    {
        await using var host = await HostedSubject.LegacyAsync(faults, static s => s with { ServicesLate = null, ServicesTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal((null, code), await HostedSubject.TalkToLegacyAsync(host.Socket));
    }

    [Fact]
    public async Task Services_that_never_come_are_their_own_cause_for_Airlock()
    {
        await using var host = await HostedSubject.AirlockAsync(static s => s with { ServicesLate = null, ServicesTimeout = TimeSpan.FromMilliseconds(300) });
        await HostedSubject.AirlockClosesAsync(host.Socket, CloseReason.GateTimeout);
    }

    [Fact]
    public async Task Services_that_come_late_are_waited_for()
    {
        static HostSettings Late(HostSettings s) => s with { ServicesLate = TimeSpan.FromMilliseconds(300), ServicesTimeout = TimeSpan.FromMinutes(5) };
        await using var legacy = await HostedSubject.LegacyAsync(LegacyFault.None, Late);
        await using var airlock = await HostedSubject.AirlockAsync(Late);
        Assert.Equal(("anonymous", 0), await HostedSubject.TalkToLegacyAsync(legacy.Socket));
        Assert.StartsWith("m1 ", await HostedSubject.TalkToAirlockAsync(airlock.Socket), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HostSubject.Plain)]
    [InlineData(HostSubject.SignalR)]
    public async Task The_others_are_hosted_too(HostSubject subject)
    {
        await using var host = await HostedSubject.StartAsync(new HostSettings { Subject = subject });
        using var peer = await Peer.ConnectAsync(host.Socket, protocol: null);
        await peer.SendAsync(subject == HostSubject.Plain ? "m1" : "{\"protocol\":\"json\",\"version\":1}\u001e");
        Assert.Equal(subject == HostSubject.Plain ? "m1 anonymous" : "{}\u001e", await peer.TextAsync());
    }

    /// <summary>An address that nobody answers at: it is bound, so that nobody else gets it, and does not listen.</summary>
    private sealed class Nobody : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Nobody() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        public string Address => $"http://{_socket.LocalEndPoint}";

        public void Dispose() => _socket.Dispose();
    }
}
