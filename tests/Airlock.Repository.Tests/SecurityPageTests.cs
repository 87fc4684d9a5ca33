using System.Text.RegularExpressions;

namespace Airlock.Repository.Tests;

/// <summary><c>docs/security.md</c> names guards and tests; both must be there.</summary>
public partial class SecurityPageTests
{
    private static readonly SourceFile _page = SourceFile.Tree(".md").Single(static file => file.Path == "docs/security.md");

    /// <summary>The cells of each threat: threat, guard, where, shown by.</summary>
    private static string[][] Threats { get; } =
        [.. _page.Lines.Where(static line => line.StartsWith("| **", StringComparison.Ordinal)).Select(static line => line.Trim('|', ' ').Split(" | "))];

    [Fact]
    public void Every_threat_has_a_guard_that_is_there()
    {
        var files = SourceFile.Tree(".cs", ".js").Select(static file => file.Path).ToHashSet();

        Assert.True(Threats.Length > 20);
        Assert.All(Threats, threat =>
        {
            Assert.Equal(4, threat.Length);
            var guards = Link().Matches(threat[2]).Select(static link => link.Groups["path"].Value).ToList();
            Assert.NotEmpty(guards);
            Assert.All(guards, guard => Assert.Contains(guard, files));
        });
    }

    [Fact]
    public void Every_threat_has_a_test_that_is_there()
    {
        var tests = SourceFile.Tree(".cs").Where(static file => file.IsUnder("tests")).SelectMany(static file => TidyRules.Tests(file)).ToHashSet();
        var attacks = SourceFile.Tree(".cs").Where(static file => file.IsUnder("bench/Airlock.Hostile/Attacks")).SelectMany(static file => Attack().Matches(file.Text)).Select(static name => name.Groups["name"].Value).ToHashSet();

        Assert.All(Threats, threat =>
        {
            var named = Code().Matches(threat[3]).Select(static code => code.Groups["name"].Value).ToList();
            Assert.Contains(named, static name => !name.StartsWith("hostile ", StringComparison.Ordinal));
            Assert.All(named, name => Assert.True(name.StartsWith("hostile ", StringComparison.Ordinal) ? attacks.Contains(name["hostile ".Length..]) : tests.Contains(name), name));
        });
    }

    [GeneratedRegex(@"\]\(\.\./(?<path>[^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("Name => \"(?<name>[^\"]+)\"")]
    private static partial Regex Attack();
}
