using Airlock.Server.SignIn;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests.SignIn;

public sealed class LoopbackGuardTests
{
    [Theory]
    [InlineData("http://localhost:5080", true)]
    [InlineData("http://LOCALHOST:5080", true)]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://127.8.9.10:5080", true)]
    [InlineData("http://[::1]:5080", true)]
    [InlineData("https://[::ffff:127.0.0.1]:5080", true)]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://+:5080", false)]
    [InlineData("http://192.168.1.2:5080", false)]
    [InlineData("http://[2001:db8::1]:5080", false)]
    [InlineData("http://localhost.example.com:5080", false)]
    [InlineData("http://127.0.0.1.example.com:5080", false)]
    public void Only_loopback_is_loopback(string address, bool isLoopback) => Assert.Equal(isLoopback, LoopbackGuard.IsLoopback(address));

    [Fact]
    public async Task The_local_sign_in_does_not_serve_other_machines()
    {
        var (exitCode, output) = await ServerProcess.RunAsync(("ASPNETCORE_URLS", "http://0.0.0.0:0"));
        Assert.Equal(1, exitCode);
        Assert.Contains("The local sign-in lets anybody in, so it does not serve http://0.0.0.0:", output);
        Assert.Contains("SignIn:AllowRemote=true", output);
    }

    [Fact]
    public async Task It_does_if_that_is_meant()
    {
        await using var server = await ServerProcess.StartAsync(("ASPNETCORE_URLS", "http://0.0.0.0:0"), ("SignIn:AllowRemote", "true"));
        Assert.NotEmpty((await server.SignInAsync("Ann")).Token);
    }
}
