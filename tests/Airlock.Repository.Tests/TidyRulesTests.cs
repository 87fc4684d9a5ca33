namespace Airlock.Repository.Tests;

/// <summary>Each rule sees its breach, and lets the nearest good form pass.</summary>
public class TidyRulesTests
{
    [Theory]
    [InlineData("clients/js/src/client.js", 400, 0)]
    [InlineData("clients/js/src/client.js", 401, 1)]
    [InlineData("server/Airlock.Server/wwwroot/live/page.js", 401, 0)]
    public void A_long_file_is_seen(string path, int lines, int breaches) =>
        Assert.Equal(breaches, TidyRules.LongFile(new(path, string.Concat(Enumerable.Repeat("//\n", lines)))).Count());

    [Theory]
    [InlineData("Sessions.cs", "class Sessions;", 0)]
    [InlineData("Sessions.cs", "class SessionManager;", 1)]
    [InlineData("Sessions.cs", "class Sessions { enum FrameHelper { } }", 1)]
    [InlineData("FrameUtils.cs", "class Frames;", 1)]
    [InlineData("common.js", "", 0)]
    [InlineData("frameHelpers.js", "", 1)]
    public void A_name_that_hides_a_noun_is_seen(string path, string text, int breaches) =>
        Assert.Equal(breaches, TidyRules.NameThatHidesANoun(new(path, text)).Count());

    [Theory]
    [InlineData("namespace A; public class Frame { public class Nested; } internal class Other;", 0)]
    [InlineData("namespace A; internal class Frame; internal class Other;", 0)]
    [InlineData("namespace A; public class Other;", 1)]
    [InlineData("namespace A; public class Frame; public enum Other;", 1)]
    [InlineData("namespace A; public delegate void Other();", 1)]
    [InlineData("namespace A; internal class Other;", 1)]
    [InlineData("global using System;", 0)]
    public void A_file_not_named_after_its_type_is_seen(string text, int breaches) =>
        Assert.Equal(breaches, TidyRules.FileNotNamedAfterItsType(new("src/Airlock.Core/Wire/Frame.cs", text)).Count());

    [Theory]
    [InlineData("src/Airlock/Airlock.csproj", "<ProjectReference Include='../Airlock.Core/Airlock.Core.csproj' />", 0)]
    [InlineData("src/Airlock.Core/Airlock.Core.csproj", "<ProjectReference Include='../Airlock/Airlock.csproj' />", 1)]
    [InlineData("src/Airlock.Client/Airlock.Client.csproj", "<ProjectReference Include='../Airlock/Airlock.csproj' />", 1)]
    [InlineData("src/Airlock.Core/Airlock.Core.csproj", "<PackageReference Include='Polly.Core' />", 1)]
    [InlineData("src/Airlock/Airlock.csproj", "<FrameworkReference Include='Microsoft.AspNetCore.App' />", 1)]
    [InlineData("src/Airlock.New/Airlock.New.csproj", "", 1)]
    public void A_forbidden_reference_is_seen(string path, string item, int breaches) =>
        Assert.Equal(breaches, TidyRules.ForbiddenReference(new(path, $"<Project><ItemGroup>{item}</ItemGroup></Project>")).Count());

    [Theory]
    [InlineData("// TODO: later", 1)]
    [InlineData("throw new NotImplementedException();", 1)]
    [InlineData("var todos = 1; // FIXMEs", 0)]
    public void An_open_end_is_seen(string text, int breaches) =>
        Assert.Equal(breaches, TidyRules.OpenEnd(new("a.cs", text)).Count());

    [Theory]
    [InlineData("#pragma warning disable RS0030", 1)]
    [InlineData("#pragma warning disable RS0030 // The one place that starts work.", 0)]
    [InlineData("[SuppressMessage(\"Design\", \"CA1031\")]", 1)]
    [InlineData("[SuppressMessage(\"Design\", \"CA1031\", Justification = \"The driver's edge.\")]", 0)]
    public void A_suppression_without_reason_is_seen(string text, int breaches) =>
        Assert.Equal(breaches, TidyRules.SuppressionWithoutReason(new("a.cs", text)).Count());

    [Theory]
    [InlineData("src/Airlock/Driver.cs", "#pragma warning disable RS0030 // Faster.", 1)]
    [InlineData("src/Airlock.Core/Spawner.cs", "#pragma warning disable RS0030 // Faster.", 1)]
    [InlineData("src/Airlock/Platform/Spawner.cs", "#pragma warning disable RS0030 // The one place that starts work.", 0)]
    [InlineData("src/Airlock/Driver.cs", "#pragma warning disable CA1031 // The driver's edge.", 0)]
    public void A_lifted_ban_is_seen(string path, string text, int breaches) =>
        Assert.Equal(breaches, TidyRules.LiftedBan(new(path, text)).Count());

    [Theory]
    [InlineData("lifecycle.Apply(e);", 1)]
    [InlineData("lifecycle?.Apply(e);", 1)]
    [InlineData("this.lifecycle?.Inner.Apply(e);", 1)]
    [InlineData("_ = lifecycle.Apply(e);", 1)]
    [InlineData("Apply(e);", 1)]
    [InlineData("var result = lifecycle.Apply(e);", 0)]
    [InlineData("Run(lifecycle.Apply(e));", 0)]
    [InlineData("lifecycle.Applied(e);", 0)]
    public void A_dropped_result_of_apply_is_seen(string statement, int breaches) =>
        Assert.Equal(breaches, TidyRules.DroppedResultOfApply(new("a.cs", $"class A {{ void M() {{ {statement} }} }}")).Count());

    [Theory]
    [InlineData("class FrameTests { [Fact] void A_frame_is_read() { } }", 0)]
    [InlineData("class FrameChecks { [Fact] void A_frame_is_read() { } }", 1)]
    [InlineData("class OtherTests { [Theory] void A_frame_is_read() { } }", 1)]
    [InlineData("class Frames { void Read() { } }", 0)]
    public void A_misnamed_test_class_is_seen(string text, int breaches) =>
        Assert.Equal(breaches, TidyRules.MisnamedTestClass(new("tests/A/FrameTests.cs", text)).Count());

    [Theory]
    [InlineData("Close_during_send_delivers_then_closes", 0)]
    [InlineData("TestClose", 1)]
    [InlineData("close_works", 1)]
    public void A_test_that_is_no_sentence_is_seen(string name, int breaches) =>
        Assert.Equal(breaches, TidyRules.TestThatIsNoSentence(new("a.cs", $"class ATests {{ [Fact] void {name}() {{ }} }}")).Count());

    [Theory]
    [InlineData("using var server = new TestServer(async (turn, stop) => { await turn.SendAsync(1); Assert.Equal(1, turn.Try); });", 1)]
    [InlineData("var app = StartAsync(a => a.MapAirlock(\"/chat\", (Turn turn) => Assert.NotNull(turn)));", 1)]
    [InlineData("server.Authenticate = (_, credentials, _, _) => { Assert.NotNull(credentials); return null; };", 1)]
    [InlineData("var client = new AirlockClient(at, new AirlockClientOptions { Token = _ => Assert.Fail() });", 1)]
    [InlineData("client.StateChanged += change => Assert.NotNull(change);", 1)]
    [InlineData("using var server = new TestServer(Echo); Assert.All(frames, frame => Assert.NotNull(frame));", 0)]
    [InlineData("client.StateChanged += changes.Enqueue; Assert.Empty(changes);", 0)]
    [InlineData("await Task.WhenAll(peers.Select(async peer => Assert.NotNull(await peer.NextAsync())));", 0)]
    public void An_assertion_that_is_only_tried_again_is_seen(string statements, int breaches) =>
        Assert.Equal(breaches, TidyRules.AssertionThatIsOnlyTriedAgain(new("a.cs", $"class A {{ async Task M() {{ {statements} }} }}")).Count());

    [Fact]
    public void A_project_outside_the_solution_is_seen()
    {
        var solution = new SourceFile("A.slnx", "<Project Path=\"src/A/A.csproj\" />");

        Assert.Empty(TidyRules.ProjectOutsideTheSolution([new("src/A/A.csproj", "")], solution));
        Assert.Single(TidyRules.ProjectOutsideTheSolution([new("src/B/B.csproj", "")], solution));
    }

    [Fact]
    public void Pins_of_packages_that_nobody_references_are_found()
    {
        var pins = new SourceFile("Directory.Packages.props", """
            <Project>
              <ItemGroup><PackageVersion Include="Used" Version="1.0.0" /><PackageVersion Include="Unused" Version="1.0.0" /></ItemGroup>
              <ItemGroup Label="Transitive"><PackageVersion Include="Asked.For.By.Others" Version="1.0.0" /></ItemGroup>
            </Project>
            """);

        Assert.Equal(
            "Directory.Packages.props pins Unused, which no project references.",
            Assert.Single(TidyRules.PinWithoutReference(pins, [new("src/A/A.csproj", "<Project><ItemGroup><PackageReference Include=\"Used\" /></ItemGroup></Project>")])));
    }
}
