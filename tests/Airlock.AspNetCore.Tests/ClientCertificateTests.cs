using System.Net;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using Airlock.Client;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore.Tests;

/// <summary>A user who is known by the certificate of the TLS connection, over real TLS.</summary>
public sealed class ClientCertificateTests
{
    private static readonly string[] _texts = ["a", "b", "c"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_certificate_knows_the_user_on_every_connection_of_a_session()
    {
        using var server = Certificate("CN=localhost");
        using var ann = Certificate("CN=ann");
        await using var app = await StartAsync(server);
        await using var client = new AirlockClient(SecureAddress(app), new AirlockClientOptions { ConfigureWebSocket = options => Trust(options, server, ann) });
        client.Start();
        foreach (var text in _texts)
        {
            Assert.Equal(MessageOutcome.Finished, await client.Send(text).Done.WaitAsync(Patience.Max, Cancellation));
            // The next connection shows it again.
            Assert.True(app.Server.Abort(app.Server.Connections.Single()));
        }

        Assert.Equal(_texts.Select(static text => $"ann: {text}"), await ReadAsync(client, _texts.Length));
    }

    [Fact]
    public async Task Without_a_certificate_nobody_is_let_in_and_is_told_why()
    {
        using var server = Certificate("CN=localhost");
        await using var app = await StartAsync(server);
        await using var client = new AirlockClient(SecureAddress(app), new AirlockClientOptions { ConfigureWebSocket = options => Trust(options, server) });
        client.Start();
        Assert.Same(CloseReason.CredentialsMissing, (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation))).Reason);
    }

    /// <summary>Which server is trusted, and what it is shown.</summary>
    private static void Trust(ClientWebSocketOptions options, X509Certificate2 server, params X509Certificate2[] shown)
    {
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == server.GetCertHashString();
        options.ClientCertificates = [.. shown];
    }

    private static async Task<List<string>> ReadAsync(AirlockClient client, int count)
    {
        var read = new List<string>();
        await foreach (var message in client.MessagesAsync(Cancellation))
        {
            if (message.Kind == MessageKind.Data)
            {
                read.Add(message.As<string>()!);
            }

            if (read.Count == count)
            {
                break;
            }
        }

        return read;
    }

    private static Task<TestApp> StartAsync(X509Certificate2 certificate) => TestApp.StartAsync(
        static a => a.MapAirlock("/chat", static async (Turn turn) => await turn.SendAsync($"{turn.Principal.Subject}: {turn.As<string>()}")).RequireAuthorization(),
        services =>
        {
            services.AddAuthorization();
            services.AddAuthentication("certificate").AddScheme<AuthenticationSchemeOptions, CertificateScheme>("certificate", null);
            services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            })));
        });

    private static Uri SecureAddress(TestApp app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single(static address => address.StartsWith("https://", StringComparison.Ordinal)).Replace("https://", "wss://", StringComparison.Ordinal) + "/chat");

    private static X509Certificate2 Certificate(string subject)
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Knows whoever shows a certificate, by its name.</summary>
    private sealed class CertificateScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override async Task<AuthenticateResult> HandleAuthenticateAsync() =>
            Request.IsHttps && await Context.Connection.GetClientCertificateAsync(Context.RequestAborted) is { } certificate
                ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false))], "certificate")), Scheme.Name))
                : AuthenticateResult.NoResult();
    }
}
