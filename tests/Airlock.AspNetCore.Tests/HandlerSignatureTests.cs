using System.Linq.Expressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

public sealed class HandlerSignatureTests
{
    private static readonly ServiceProvider _services = new ServiceCollection().AddSingleton("a service").AddScoped<Service>().AddKeyedSingleton<string>("k", "a keyed one").BuildServiceProvider();
    private static readonly RoutePattern _pattern = RoutePatternFactory.Parse("/chat");
    private static int _handled;

    private delegate Task Custom(Turn turn, CancellationToken stop);

    private delegate Task WithDefault(Turn turn, int retries = 7);

    private unsafe delegate void Pointer(int* first);

    private delegate Task ByReference(ref Turn turn);

    private delegate void Input(in int count);

    private delegate void Output(out int count);

    private delegate void Spans(ReadOnlySpan<byte> bytes);

    private enum Colour
    {
        Red,
        Green,
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, Delegate> Good => new()
    {
        { "nothing", () => Count() },
        { "a task", (Turn turn) => CountAsync() },
        { "a value task", (Turn turn) => new ValueTask(CountAsync()) },
        { "an async lambda", async (Turn turn) => await CountAsync() },
        { "a static method", Handle },
        { "an instance method", new Holder().Handle },
        { "an extension method on its object", new Holder().HandleExtended },
        { "an open instance method of a service", typeof(Service).GetMethod(nameof(Service.Handle))!.CreateDelegate<Func<Service, Turn, Task>>() },
        { "a closed generic method", HandleGeneric<int> },
        { "a custom delegate", new Custom(Handle) },
        { "a delegate of a delegate", new Custom(new Custom(Handle)) },
        { "a compiled expression", Expression.Lambda<Func<Turn, Task>>(Expression.Call(typeof(HandlerSignatureTests), nameof(CountAsync), null), Expression.Parameter(typeof(Turn))).Compile() },
        { "a contravariant method", new Custom(HandleAnything) },
        { "a service", (string service) => Expect("a service", service) },
        { "an attributed service", ([FromServices] string service) => Expect("a service", service) },
        { "several of a service", (IEnumerable<string> services) => Expect(1, services.Count()) },
        { "a keyed service", ([FromKeyedServices("k")] string service) => Expect("a keyed one", service) },
        { "a keyed service that may be missing", ([FromKeyedServices("none")] string? service) => Expect(null, service) },
        { "a service that may be missing", (Uri? uri) => Expect(null, uri) },
        { "a value that may be missing", (int? count) => Expect(null, count) },
        { "a service with a default", (Version? version = null) => Expect(null, version) },
        { "a number with a default", (Turn turn, int retries = 3) => Expect(3, retries) },
        { "a text with a default that is a service", (string service = "mine") => Expect("a service", service) },
        { "a nullable number with a default", (int? retries = 4) => Expect(4, retries) },
        { "an enumeration with a default", (Colour colour = Colour.Green) => Expect(Colour.Green, colour) },
        { "a nullable enumeration with a default", (Colour? colour = Colour.Green) => Expect(Colour.Green, colour) },
        { "a decimal with a default", (decimal price = 1.5m) => Expect(1.5m, price) },
        { "a structure with a default", (DateTime at = default) => Expect(default(DateTime), at) },
        { "a token with a default", (Turn turn, CancellationToken stop = default) => Expect(true, stop.CanBeCanceled) },
        { "a default of the delegate", new WithDefault(HandleRetries) },
        { "a service that may be missing and is there", ([FromServices] string? service) => Expect("a service", service) },
        { "a token before the turn with a default", (CancellationToken stop = default, Turn? turn = null) => Expect(true, stop.CanBeCanceled) },
        { "a keyed service with a default", ([FromKeyedServices("none")] string service = "mine") => Expect("mine", service) },
        { "a local function", Local },
        { "everything", (CancellationToken stop, IServiceProvider services, string service, Turn turn) => Expect(_services, services) },
    };

    [Theory]
    [MemberData(nameof(Good), DisableDiscoveryEnumeration = true)]
    public async Task What_is_allowed_is_bound(string what, Delegate handler)
    {
        Assert.NotEmpty(what);
        var before = _handled;
        var signature = HandlerSignature.Of(handler, _services, _pattern);
        using var stop = new CancellationTokenSource();
        await signature.Handle(null!, _services, stop.Token);
        Assert.Equal(before + 1, _handled);
        Assert.Empty(signature.Routes);
    }

    [Fact]
    public void Only_what_takes_services_costs_a_scope()
    {
        Assert.False(HandlerSignature.Of((Turn turn, CancellationToken stop, int retries = 3) => { }, _services, _pattern).TakesServices);
        Assert.False(HandlerSignature.Of((Turn turn, Uri? missing) => { }, _services, _pattern).TakesServices);
        Assert.True(HandlerSignature.Of((string service) => { }, _services, _pattern).TakesServices);
        Assert.True(HandlerSignature.Of((IServiceProvider services) => { }, _services, _pattern).TakesServices);
    }

    public static TheoryData<string, Delegate> Bad => new()
    {
        { "'Uri uri' is no parameter of the route '/chat' (which has none) and no registered service", (Uri uri) => { } },
        { "'Int32 count' is no parameter of the route", (int count) => { } },
        { "'Stream body' is nothing known here and no registered service", (Stream body) => { } },
        { "'List<Int32> numbers'", (List<int> numbers) => { } },
        { "'String service' is nothing known here and no registered service with the key 'none'", ([FromKeyedServices("none")] string service) => { } },
        { "'Version version' is nothing known here", ([FromServices] Version version) => { } },
        { "'String room' is no parameter of the route", ([FromRoute] string room) => { } },
        { "a Stream cannot be read from a text", ([FromRoute] Stream room) => { } },
        { "'Holder arg1' is nothing known here", typeof(Holder).GetMethod(nameof(Holder.Handle))!.CreateDelegate<Func<Holder, Turn, Task>>() },
        { "has two attributes", ([FromRoute, FromServices] string room) => { } },
        { "has [FromQuery], which belongs to a request", ([FromQuery] string? filter) => { } },
        { "has [FromHeader]", ([FromHeader] string? filter) => { } },
        { "has [FromForm]", ([FromForm] string? filter) => { } },
        { "has [FromBody]", ([FromBody] string? filter) => { } },
        { "has [AsParameters]", ([AsParameters] Holder holder) => { } },
        { "a turn outlives the request", (HttpContext context) => { } },
        { "turn.Principal", (System.Security.Claims.ClaimsPrincipal? user) => { } },
        { "'async void'", AsyncVoid },
        { "'async void'", new Action<Turn>(new Action<Turn>(AsyncVoid)) },
        { "several delegates in one", (Action)Delegate.Combine(() => { }, () => { }) },
        { "takes two of Turn", (Turn one, Turn two) => { } },
        { "takes two of CancellationToken", (CancellationToken one, CancellationToken two) => { } },
        { "write CancellationToken", (CancellationToken? stop) => { } },
        { "by reference", new ByReference(HandleByReference) },
        { "by reference", new Input(HandleInput) },
        { "by reference", new Output(HandleOutput) },
        { "a pointer or a ref struct", new Spans(HandleSpan) },
        { "a pointer or a ref struct", HandlePointer() },
        { "is 'params'", (params string[] services) => { } },
        { "is 'params'", (params List<string> services) => { } },
        { "returns String, which would go nowhere: answer with turn.SendAsync", (Turn turn) => "answer" },
        { "returns Int32", (Turn turn) => 1 },
        { "returns Object", object (Turn turn) => Task.CompletedTask },
        { "returns Task<Int32>", (Turn turn) => Task.FromResult(1) },
        { "returns ValueTask<Int32>", (Turn turn) => ValueTask.FromResult(1) },
        { "returns IAsyncEnumerable<Int32>, which would go nowhere: send each part with turn.StreamAsync", (Turn turn) => AsyncEnumerable.Empty<int>() },
        { "send each part with turn.StreamAsync", Parts },
        { "returns Task<Task>", (Turn turn) => Task.FromResult(Task.CompletedTask) },
        { "returns Nullable<ValueTask>", ValueTask? (Turn turn) => null },
        { "returns ConfiguredTaskAwaitable", (Turn turn) => Task.CompletedTask.ConfigureAwait(false) },
        { "'ReadOnlyMemory<Byte> payload' is nothing known here", (ReadOnlyMemory<byte> payload) => { } },
        { "'Func<Turn, Task> next' is nothing known here", (Func<Turn, Task> next) => { } },
        { "a turn outlives the request", (HttpRequest request, Turn turn) => { } },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void What_is_not_allowed_fails_when_mapped_and_says_what_is(string what, Delegate handler)
    {
        using var app = App();
        var e = Assert.Throws<ArgumentException>(() => app.MapAirlock("/chat", handler));
        Assert.Contains(what, e.Message);
        Assert.Contains("A handler takes a Turn, a CancellationToken", e.Message);
    }

    [Fact]
    public void An_exception_of_the_handler_comes_out_as_it_is() =>
        Assert.Throws<TimeoutException>(() => { _ = HandlerSignature.Of((Action)(() => throw new TimeoutException("mine")), _services, _pattern).Handle(null!, _services, Stop); });

    [Fact]
    public void A_task_that_is_null_is_told_in_words() =>
        Assert.Contains("returned null where it must return a task", Assert.Throws<InvalidOperationException>(() => { _ = HandlerSignature.Of(Nothing, _services, _pattern).Handle(null!, _services, Stop); }).Message);

    [Fact]
    public void Mapping_without_the_services_says_what_to_call()
    {
        using var app = (IDisposable)WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddAirlock", Assert.Throws<InvalidOperationException>(() => ((WebApplication)app).MapAirlock("/chat", () => { })).Message);
    }

    private static AppUnderTest App()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddAirlock().AddSingleton("a service");
        return new AppUnderTest(builder.Build());
    }

    private static void Expect<T>(T expected, T actual)
    {
        Assert.Equal(expected, actual);
        Count();
    }

    private static void Count() => Interlocked.Increment(ref _handled);

    private static Task CountAsync()
    {
        Count();
        return Task.CompletedTask;
    }

    private static async Task Handle(Turn turn, CancellationToken stop)
    {
        await Task.Yield();
        Count();
    }

    private static Task Local(Turn turn)
    {
        return InnerAsync();
        static Task InnerAsync() => CountAsync();
    }

    private static Task HandleGeneric<T>(Turn turn) => CountAsync();

    private static Task HandleAnything(object turn, CancellationToken stop) => CountAsync();

    private static Task HandleRetries(Turn turn, int retries)
    {
        Expect(7, retries);
        return Task.CompletedTask;
    }

#pragma warning disable VSTHRD100 // What is refused has to be written once.
    private static async void AsyncVoid(Turn turn) => await Task.Yield();
#pragma warning restore VSTHRD100

    private static Task? Nothing(Turn turn) => null;

    private static async IAsyncEnumerable<int> Parts(Turn turn)
    {
        await Task.Yield();
        yield return 1;
    }

    private static Task HandleByReference(ref Turn turn) => CountAsync();

    private static void HandleInput(in int count) => Count();

    private static void HandleOutput(out int count) => count = 1;

    private static void HandleSpan(ReadOnlySpan<byte> bytes) => Count();

    private static unsafe Delegate HandlePointer() => new Pointer(static _ => Count());

    private sealed class AppUnderTest(WebApplication app) : IDisposable
    {
        public void MapAirlock(string pattern, Delegate handler) => app.MapAirlock(pattern, handler);

        public void Dispose() => ((IDisposable)app).Dispose();
    }

    internal sealed class Service
    {
        private readonly int _count = 1;

        public Task Handle(Turn turn) => _count == 1 ? CountAsync() : Task.FromException(new InvalidOperationException("Another object."));
    }

    internal sealed class Holder
    {
        private readonly int _count = 1;

        public Task Handle(Turn turn) => _count == 1 ? CountAsync() : Task.FromException(new InvalidOperationException("Another object."));
    }
}

internal static class HolderExtensions
{
    internal static Task HandleExtended(this HandlerSignatureTests.Holder holder, Turn turn) => holder.Handle(turn);
}
