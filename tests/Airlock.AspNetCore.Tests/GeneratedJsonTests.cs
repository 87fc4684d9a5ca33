using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>With the serializer's reflection off: run by <see cref="JsonTests.Generated_contracts_are_enough"/>, skipped elsewhere.</summary>
public sealed partial class GeneratedJsonTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_applications_context_serves_every_way()
    {
        SkipWithReflection();
        await using var app = await StartAsync(async (turn, sessions) =>
        {
            var shape = turn.As<Shape>()!;
            await turn.StreamAsync(shape);
            await turn.SendAsync((Circle)shape);
            await sessions.SendAsync(SessionTarget.OfSession(turn.Session), new Circle[] { (Circle)shape }, Stop);
        });
        Assert.Equal(["""{"$type":"circle","r":1}""", """[{"$type":"circle","r":1}]""", """{"$type":"circle","r":1}"""], await AnswersAsync(app, 3));
    }

    [Fact]
    public async Task Contracts_may_be_given_by_hand()
    {
        SkipWithReflection();
        await using var app = await StartAsync(async (turn, sessions) =>
        {
            var shape = turn.As(Contracts.Default.Shape)!;
            await turn.StreamAsync(shape, Contracts.Default.Shape);
            await sessions.SendAsync(SessionTarget.OfSession(turn.Session), shape, Contracts.Default.Shape, Stop);
            await turn.SendAsync(shape, Contracts.Default.Shape);
        });
        Assert.All(await AnswersAsync(app, 3), static answer => Assert.Equal("""{"$type":"circle","r":1}""", answer));
    }

    [Fact]
    public async Task What_no_contract_knows_fails_in_words()
    {
        SkipWithReflection();
        await using var app = await StartAsync(async (turn, _) =>
        {
            try
            {
                await turn.SendAsync(new Version(1, 0));
            }
            catch (NotSupportedException e)
            {
                await turn.SendAsync(e.Message, Contracts.Default.String);
            }
        });
        Assert.Contains("System.Version", Assert.Single(await AnswersAsync(app, 1)));
    }

    private static void SkipWithReflection() => Assert.SkipWhen(JsonSerializer.IsReflectionEnabledByDefault, "Reflection is on in this process; JsonTests runs this in one where it is off.");

    private static Task<TestApp> StartAsync(Func<Turn, Sessions, Task> handler) => TestApp.StartAsync(
        a => a.MapAirlock("/chat", (Turn turn, Sessions sessions) => handler(turn, sessions)).AllowAnonymous(),
        s => s.ConfigureHttpJsonOptions(static o => o.SerializerOptions.TypeInfoResolverChain.Insert(0, Contracts.Default)));

    private static async Task<IReadOnlyList<string>> AnswersAsync(TestApp app, int count)
    {
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, """{"$type":"circle","r":1}"""));
        var answers = new List<string>();
        while (answers.Count < count)
        {
            answers.Add((await peer.NextAsync("data"))["b"]!.ToJsonString());
        }

        return answers;
    }

    [JsonDerivedType(typeof(Circle), "circle")]
    internal abstract record Shape;

    internal sealed record Circle(int R) : Shape;

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Shape))]
    [JsonSerializable(typeof(Circle[]))]
    [JsonSerializable(typeof(string))]
    internal sealed partial class Contracts : JsonSerializerContext;
}
