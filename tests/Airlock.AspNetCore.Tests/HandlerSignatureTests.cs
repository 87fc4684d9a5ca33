using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

public sealed class HandlerSignatureTests
{
    private static readonly ServiceProvider _services = new ServiceCollection().AddSingleton("a service").AddKeyedSingleton<string>("k", "a keyed one").BuildServiceProvider();

    public static TheoryData<string, Delegate> Good => new()
    {
        { "nothing", () => { } },
        { "a task", (Turn turn) => Task.CompletedTask },
        { "a value task", (Turn turn) => ValueTask.CompletedTask },
        { "a method", Handle },
        { "a service", (string service) => Assert.Equal("a service", service) },
        { "a keyed service", ([FromKeyedServices("k")] string service) => Assert.Equal("a keyed one", service) },
        { "a service that may be missing", (Uri? uri) => Assert.Null(uri) },
        { "a service with a default", (Version? version = null) => Assert.Null(version) },
        { "everything", (CancellationToken stop, IServiceProvider services, string service, Turn turn) => Assert.Same(_services, services) },
    };

    [Theory]
    [MemberData(nameof(Good), DisableDiscoveryEnumeration = true)]
    public async Task What_is_allowed_is_bound(string what, Delegate handler)
    {
        Assert.NotEmpty(what);
        var (compiled, takesServices) = HandlerSignature.Compile(handler, _services);
        Assert.Equal(handler.Method.GetParameters().Any(static p => p.ParameterType.FullName != "System.Runtime.CompilerServices.Closure" && p.ParameterType != typeof(Turn) && p.ParameterType != typeof(CancellationToken)), takesServices);
        await compiled(null!, _services, TestContext.Current.CancellationToken);
    }

    public static TheoryData<string, Delegate> Bad => new()
    {
        { "Uri uri", (Uri uri) => { } },
        { "Int32 count", (int count) => { } },
        { "String service", ([FromKeyedServices("none")] string service) => { } },
        { "returns String", (Turn turn) => "answer" },
        { "returns Task`1", (Turn turn) => Task.FromResult(1) },
        { "returns IAsyncEnumerable`1", (Turn turn) => AsyncEnumerable.Empty<int>() },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void What_is_not_allowed_fails_when_mapped_and_says_what_is(string what, Delegate handler)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddAirlock().AddSingleton("a service");
        using var app = (IDisposable)builder.Build();
        var e = Assert.Throws<ArgumentException>(() => ((WebApplication)app).MapAirlock("/chat", handler));
        Assert.Contains(what, e.Message);
        Assert.Contains("A handler takes a Turn, a CancellationToken", e.Message);
    }

    [Fact]
    public void An_exception_of_the_handler_comes_out_as_it_is()
    {
        var (compiled, _) = HandlerSignature.Compile((Action)(() => throw new TimeoutException("mine")), _services);
        Assert.Throws<TimeoutException>(() => { _ = compiled(null!, _services, TestContext.Current.CancellationToken); });
    }

    [Fact]
    public void Mapping_without_the_services_says_what_to_call()
    {
        using var app = (IDisposable)WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddAirlock", Assert.Throws<InvalidOperationException>(() => ((WebApplication)app).MapAirlock("/chat", () => { })).Message);
    }

    private static async Task Handle(Turn turn, CancellationToken stop) => await Task.Yield();
}
