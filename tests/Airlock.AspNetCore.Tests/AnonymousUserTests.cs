using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Airlock.AspNetCore.Tests;

/// <summary>Users whom nobody knows: the cookie proposes who the user of a new session is, the session's proof says it from then on.</summary>
public sealed class AnonymousUserTests
{
    [Theory]
    [InlineData("first")]
    [InlineData("second")]
    [InlineData("none")]
    [InlineData("made up")]
    public async Task Tabs_opened_at_once_keep_their_sessions_whichever_cookie_wins(string wins)
    {
        using var work = new Work();
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", work.HandleAsync).AllowAnonymous());
        var (first, second) = (await Tab.OpenAsync(app), await Tab.OpenAsync(app));
        Assert.NotEqual(first.User, second.User);
        await first.Peer.SendAsync(Peer.Data(1, "\"from first\"", "m1"));
        await second.Peer.SendAsync(Peer.Data(1, "\"from second\"", "m1"));
        await work.Started(2);
        first.Peer.Socket.Abort();
        second.Peer.Socket.Abort();
        var jar = wins switch { "first" => first.Cookies, "second" => second.Cookies, "made up" => Jar(app, "airlock.anonymous", "made-up"), _ => new CookieContainer() };
        foreach (var tab in (Tab[])[second, first])
        {
            var (authed, ready) = await tab.ReconnectAsync(app, jar, tab.Proof);
            Assert.Equal((tab.User, true), ((string)authed["user"]!, (bool)authed["anonymous"]!));
            Assert.Equal(("resumed", tab.Session), ((string)ready["resume"]!, (string)ready["session"]!));
            // Sent again, as a client does with what has not been answered.
            await tab.Peer.SendAsync(Peer.Data(1, tab == first ? "\"from first\"" : "\"from second\"", "m1"));
        }

        work.Finish();
        Assert.Equal("\"from first\"", (await first.Peer.NextAsync("data"))["b"]!.ToJsonString());
        Assert.Equal("\"from second\"", (await second.Peer.NextAsync("data"))["b"]!.ToJsonString());
        Assert.Equal(["\"from first\"", "\"from second\""], work.Handled.Order());
    }

    [Fact]
    public async Task Tabs_that_share_a_cookie_are_one_user_with_proofs_of_their_own()
    {
        await using var app = await TestApp.StartAsync();
        var first = await Tab.OpenAsync(app);
        var second = await Tab.OpenAsync(app, first.Cookies);
        Assert.Equal(first.User, second.User);
        Assert.NotEqual(first.Proof, second.Proof);
        // Again and again: each ready has one that is good.
        for (var i = 0; i < 3; i++)
        {
            var (_, ready) = await second.ReconnectAsync(app, new CookieContainer(), second.Proof);
            Assert.Equal("resumed", (string)ready["resume"]!);
        }
    }

    [Fact]
    public async Task Without_a_proof_the_cookie_decides()
    {
        await using var app = await TestApp.StartAsync();
        var (first, second) = (await Tab.OpenAsync(app), await Tab.OpenAsync(app));
        var session = first.Session;
        var (same, resumed) = await first.ReconnectAsync(app, first.Cookies, null);
        Assert.Equal((first.User, "resumed"), ((string)same["user"]!, (string)resumed["resume"]!));
        var (other, ready) = await first.ReconnectAsync(app, second.Cookies, null);
        Assert.Equal((second.User, "new"), ((string)other["user"]!, (string)ready["resume"]!));
        Assert.NotEqual(session, (string)ready["session"]!);
        Assert.NotEmpty(ready["lost"]!.AsArray());
    }

    [Theory]
    [InlineData("of another endpoint")]
    [InlineData("of another session of the same user")]
    [InlineData("of another user's session")]
    [InlineData("made up")]
    [InlineData("cut")]
    [InlineData("a cookie")]
    [InlineData("too long")]
    [InlineData("a number")]
    [InlineData("an object")]
    [InlineData("empty")]
    public async Task A_proof_that_does_not_fit_counts_as_none(string what)
    {
        await using var app = await TestApp.StartAsync(static a =>
        {
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
            a.MapAirlock("/other", TestApp.Echo).AllowAnonymous();
        });
        var (tab, stranger) = (await Tab.OpenAsync(app), await Tab.OpenAsync(app));
        var proof = what switch
        {
            "of another endpoint" => Text((await Tab.OpenAsync(app, tab.Cookies, "/other")).Proof),
            "of another session of the same user" => Text((await Tab.OpenAsync(app, tab.Cookies)).Proof),
            "of another user's session" => Text(stranger.Proof),
            "cut" => Text(tab.Proof[..^4]),
            "a cookie" => Text(tab.Cookies.GetCookies(new Uri(app.Address))[0].Value),
            "too long" => Text(tab.Proof + new string('x', 1024)),
            "a number" => "7",
            "an object" => $$"""{"proof":"{{tab.Proof}}"}""",
            "empty" => "\"\"",
            _ => "\"made-up\"",
        };
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = stranger.Cookies);
        await peer.HelloAsync(null, $$"""{"session":"{{tab.Session}}","attempt":9,"received":0,"proof":{{proof}}}""");
        Assert.Equal(stranger.User, (string)(await peer.NextAsync("authed"))["user"]!);
        Assert.Equal("new", (string)(await peer.NextAsync("ready"))["resume"]!);
        // The session is as it was.
        await tab.Peer.EchoAsync(1);

        static string Text(string value) => $"\"{value}\"";
    }

    [Fact]
    public async Task Another_application_on_the_same_host_takes_nothing_over_though_it_has_the_same_keys()
    {
        var keys = Directory.CreateTempSubdirectory("airlock-keys-");
        try
        {
            await using var one = await StartAsync("one");
            var tab = await Tab.OpenAsync(one);
            await using var two = await StartAsync("two");
            using var taken = await Peer.ConnectAsync(two.Socket(), o => o.Cookies = Jar(two, "airlock.anonymous", tab.Cookies.GetCookies(new Uri(one.Address))[0].Value));
            await taken.HelloAsync(null, Peer.Resume(tab.Session, 2, 0, tab.Proof));
            Assert.NotEqual(tab.User, (string)(await taken.NextAsync("authed"))["user"]!);
            // The keys are the same: the same application, started again, knows its user.
            await using var again = await StartAsync("one");
            using var known = await Peer.ConnectAsync(again.Socket(), o => o.Cookies = Jar(again, "airlock.anonymous", tab.Cookies.GetCookies(new Uri(one.Address))[0].Value));
            await known.HelloAsync();
            Assert.Equal(tab.User, (string)(await known.NextAsync("authed"))["user"]!);
        }
        finally
        {
            keys.Delete(recursive: true);
        }

        Task<TestApp> StartAsync(string name) => TestApp.StartAsync(services: s => s.AddDataProtection().PersistKeysToFileSystem(keys).SetApplicationName(name));
    }

    [Fact]
    public async Task Keys_without_an_application_of_their_own_are_told_apart_by_its_name()
    {
        var provider = new EphemeralDataProtectionProvider();
        var (one, two) = (new AnonymousUsers(provider, "one"), new AnonymousUsers(provider, "two"));
        var mine = one.Decide("/chat", "a_mine", null);
        var resume = new ResumeRequest { Session = "s_1", Attempt = 2, Received = 0, Proof = mine.Prove!("s_1") };
        Assert.Equal("a_mine", one.Decide("/chat", "a_cookie", resume).Principal!.Subject);
        Assert.Equal("a_cookie", two.Decide("/chat", "a_cookie", resume).Principal!.Subject);
        Assert.Equal("a_cookie", one.Decide("/other", "a_cookie", resume).Principal!.Subject);
        Assert.Equal("a_cookie", one.Decide("/chat", "a_cookie", resume with { Session = "s_2" }).Principal!.Subject);
        Assert.Equal("a_cookie", one.Decide("/chat", "a_cookie", resume with { Session = null }).Principal!.Subject);
        Assert.DoesNotContain("a_mine", mine.Prove!("s_1"), StringComparison.Ordinal);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Applications_without_a_name_of_their_own_are_told_apart_though_they_lie_in_folders_of_one_name()
    {
        var keys = Directory.CreateTempSubdirectory("airlock-keys-");
        try
        {
            await using var one = await StartAsync("One");
            var tab = await Tab.OpenAsync(one);
            await using var two = await StartAsync("Two");
            using var taken = await Peer.ConnectAsync(two.Socket(), o => o.Cookies = Jar(two, "airlock.anonymous", tab.Cookies.GetCookies(new Uri(one.Address))[0].Value));
            await taken.HelloAsync(null, Peer.Resume(tab.Session, 2, 0, tab.Proof));
            Assert.NotEqual(tab.User, (string)(await taken.NextAsync("authed"))["user"]!);
            await using var again = await StartAsync("One");
            using var known = await Peer.ConnectAsync(again.Socket(), o => o.Cookies = Jar(again, "airlock.anonymous", tab.Cookies.GetCookies(new Uri(one.Address))[0].Value));
            await known.HelloAsync();
            Assert.Equal(tab.User, (string)(await known.NextAsync("authed"))["user"]!);
        }
        finally
        {
            keys.Delete(recursive: true);
        }

        Task<TestApp> StartAsync(string program) => TestApp.StartAsync(services: s =>
        {
            s.AddDataProtection().PersistKeysToFileSystem(keys);
            s.AddSingleton<IHostEnvironment>(new Program(program));
        });
    }

    [Theory]
    [InlineData("{0}; airlock.anonymous=another")]
    [InlineData("airlock.anonymous=another; {0}")]
    [InlineData("airlock.anonymous=; x=y;airlock.anonymous=another;{0}; airlock.anonymous=\"a third\"")]
    [InlineData("airlock.anonymous2=x; {0}; airlock.anonymous2=y")]
    public async Task Cookies_of_other_applications_on_the_host_hide_the_own_one_in_no_order(string header)
    {
        await using var app = await TestApp.StartAsync();
        var tab = await Tab.OpenAsync(app);
        var own = tab.Cookies.GetCookies(new Uri(app.Address))[0];
        using var peer = await RawPeer.ConnectAsync(app.EndPoint, $"Sec-WebSocket-Protocol: airlock.v1\r\nCookie: {string.Format(null, header, own)}\r\n");
        Assert.DoesNotContain("Set-Cookie", peer.Head, StringComparison.OrdinalIgnoreCase);
        await peer.SendAsync(RawPeer.Text(Peer.Hello()));
        Assert.Contains($"\"{tab.User}\"", await peer.TextUntilAsync("authed"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_so_many_cookies_of_its_name_are_looked_at()
    {
        await using var app = await TestApp.StartAsync();
        var own = (await Tab.OpenAsync(app)).Cookies.GetCookies(new Uri(app.Address))[0].ToString();
        foreach (var (others, isKnown) in ((int, bool)[])[(15, true), (16, false)])
        {
            var cookies = string.Concat(Enumerable.Repeat("airlock.anonymous=x; ", others)) + own;
            using var peer = await RawPeer.ConnectAsync(app.EndPoint, $"Sec-WebSocket-Protocol: airlock.v1\r\nCookie: {cookies}\r\n");
            Assert.Equal(isKnown, !peer.Head.Contains("Set-Cookie", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task A_proof_is_worth_nothing_once_its_session_has_ended()
    {
        await using var app = await TestApp.StartAsync();
        var (tab, other) = (await Tab.OpenAsync(app), await Tab.OpenAsync(app));
        await app.Server.Sessions.EndAsync(SessionTarget.OfSession(tab.Session), TestContext.Current.CancellationToken);
        await tab.Peer.ClosesWithAsync(CloseReason.SessionEnded);
        var (authed, ready) = await tab.ReconnectAsync(app, other.Cookies, tab.Proof);
        Assert.Equal((other.User, "new"), ((string)authed["user"]!, (string)ready["resume"]!));
        Assert.NotEmpty(ready["lost"]!.AsArray());
    }

    [Fact]
    public async Task A_store_that_cannot_be_asked_is_the_stores_fault_and_takes_no_session()
    {
        using var store = new FailingStore();
        await using var app = await TestApp.StartAsync(services: s => s.AddSingleton<ISessionStore>(store));
        app.Expects = [typeof(IOException)];
        var tab = await Tab.OpenAsync(app);
        store.Fails = true;
        using (var peer = await Peer.ConnectAsync(app.Socket()))
        {
            await peer.HelloAsync(null, Peer.Resume(tab.Session, 2, 0, tab.Proof));
            Assert.Equal(tab.User, (string)(await peer.NextAsync("authed"))["user"]!);
            await peer.ClosesWithAsync(CloseReason.StoreUnavailable, hasSession: true);
        }

        store.Fails = false;
        var (_, ready) = await tab.ReconnectAsync(app, new CookieContainer(), tab.Proof, attempt: 3);
        Assert.Equal("resumed", (string)ready["resume"]!);
    }

    [Fact]
    public async Task Who_signs_in_is_another_user_whatever_the_proof_says()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer);
        var tab = await Tab.OpenAsync(app);
        await tab.Peer.SendAsync($$"""{"t":"refresh","token":"{{Tokens.For("ann")}}"}""");
        await tab.Peer.ClosesWithAsync(CloseReason.PrincipalChanged);
        using var signedIn = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = tab.Cookies);
        await signedIn.HelloAsync(Tokens.For("ann"), Peer.Resume(tab.Session, 3, 0, tab.Proof));
        var authed = await signedIn.NextAsync("authed");
        Assert.Equal("ann", (string)authed["user"]!);
        Assert.Null(authed["anonymous"]);
        var ready = await signedIn.NextAsync("ready");
        Assert.Equal("new", (string)ready["resume"]!);
        Assert.Null(ready["proof"]);
        // And back: the session of before is still there for whoever has its proof.
        var (_, resumed) = await tab.ReconnectAsync(app, new CookieContainer(), tab.Proof, attempt: 4);
        Assert.Equal("resumed", (string)resumed["resume"]!);
    }

    private static CookieContainer Jar(TestApp app, string name, string value)
    {
        var jar = new CookieContainer();
        jar.Add(new Uri(app.Address), new Cookie(name, value));
        return jar;
    }

    /// <summary>A host whose folder is always the same one.</summary>
    private sealed class Program(string name) : IHostEnvironment
    {
        public string ApplicationName { get; set; } = name;

        public string EnvironmentName { get; set; } = "Production";

        public string ContentRootPath { get; set; } = AppContext.BaseDirectory;

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }

    /// <summary>A tab of a browser: its connection, and what its page keeps.</summary>
    private sealed class Tab
    {
        private long _attempt = 1;

        internal required Peer Peer { get; set; }

        internal required CookieContainer Cookies { get; init; }

        internal required string User { get; init; }

        internal string Session { get; private set; } = "";

        internal string Proof { get; private set; } = "";

        /// <summary>Opens one; without a jar as if no cookie had come back yet.</summary>
        internal static async Task<Tab> OpenAsync(TestApp app, CookieContainer? jar = null, string path = "/chat")
        {
            jar ??= new CookieContainer();
            var peer = await Peer.ConnectAsync(app.Socket(path), o => o.Cookies = jar);
            await peer.HelloAsync();
            var authed = await peer.NextAsync("authed");
            Assert.True((bool)authed["anonymous"]!);
            var tab = new Tab { Peer = peer, Cookies = jar, User = (string)authed["user"]! };
            tab.Keep(await peer.NextAsync("ready"));
            return tab;
        }

        internal async Task<(JsonObject Authed, JsonObject Ready)> ReconnectAsync(TestApp app, CookieContainer jar, string? proof, long? attempt = null)
        {
            Peer.Dispose();
            Peer = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = jar);
            await Peer.HelloAsync(null, Peer.Resume(Session, attempt ?? ++_attempt, 0, proof));
            var authed = await Peer.NextAsync("authed");
            var ready = await Peer.NextAsync("ready");
            Keep(ready);
            return (authed, ready);
        }

        private void Keep(JsonObject ready) => (Session, Proof) = ((string)ready["session"]!, (string)ready["proof"]!);
    }

    /// <summary>Sessions in memory that cannot be reached for a while.</summary>
    private sealed class FailingStore : ISessionStore, IDisposable
    {
        private readonly MemorySessionStore _store = new(TimeProvider.System, new SystemEntropy(), new MemorySessionStoreOptions());

        internal bool Fails { get; set; }

        public ValueTask<AttachOutcome> AttachAsync(AttachRequest request, CancellationToken cancellationToken) => Reached().AttachAsync(request, cancellationToken);

        public ValueTask<IReadOnlyList<ISessionLog>> FindAsync(SessionTarget target, CancellationToken cancellationToken) => Reached().FindAsync(target, cancellationToken);

        public ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken) => Reached().SetGroupAsync(session, group, member, cancellationToken);

        public void Dispose() => _store.Dispose();

        private MemorySessionStore Reached() => Fails ? throw new IOException("The store is not there.") : _store;
    }

    /// <summary>A handler that takes until the test lets it finish, and what it was given.</summary>
    private sealed class Work : IDisposable
    {
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _started = new(0);

        internal ConcurrentQueue<string> Handled { get; } = new();

        public void Dispose() => _started.Dispose();

        internal void Finish() => _finish.SetResult();

        internal async Task Started(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Assert.True(await _started.WaitAsync(Patience.Max, TestContext.Current.CancellationToken));
            }
        }

        internal async Task HandleAsync(Turn turn)
        {
            Handled.Enqueue(System.Text.Encoding.UTF8.GetString(turn.Message.Span));
            _started.Release();
            await _finish.Task;
            await turn.SendRawAsync(turn.Message);
        }
    }
}
