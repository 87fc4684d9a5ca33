using Microsoft.CodeAnalysis;

namespace Airlock.Repository.Tests;

public class FloorPlanTests
{
    private static readonly FloorPlan _plan = new(SourceFile.Tree(".cs").Where(static file => file.IsUnder("src")));

    /// <summary>What is larger than the rule allows, and how large it may be.</summary>
    private static readonly Dictionary<string, (int Lines, int Fields, string Why)> _larger = new()
    {
        ["Airlock.Core.ConnectionLifecycle"] = (450, 20, "one machine, beside its table"),
        ["Airlock.Core.SessionCore"] = (440, 20, "one session as steps"),
        ["Airlock.MemorySession"] = (550, 22, "gives way to one session for all stores"),
        ["Airlock.Client.ClientCore"] = (980, 26, "not yet taken apart"),
    };

    [Fact]
    public void No_type_is_a_hall()
    {
        foreach (var (type, size) in _plan.Sizes)
        {
            var (lines, fields) = size.Path.StartsWith("src/Airlock/Connections/", StringComparison.Ordinal) ? (260, 14) : (400, 20);
            if (_larger.TryGetValue(type, out var allowed))
            {
                Assert.True(size.Lines > lines || size.Fields > fields, $"{type} keeps to the rule: take it from the list.");
                (lines, fields, _) = allowed;
            }

            Assert.True(size.Lines <= lines && (size.Fields <= fields || IsData(type)), $"{type} has {size.Lines} lines of {lines} and {size.Fields} fields of {fields}, over all its parts.");
        }
    }

    // The memory store's circle gives way to one session for all stores.
    [Fact]
    public void Nobody_is_known_by_whom_he_knows() =>
        Assert.Equal(
            ["Airlock: Airlock.MemoryAddresses, Airlock.MemorySession, Airlock.MemorySessionStore, Airlock.MemoryUser, Airlock.Tombstones"],
            _plan.Circles().Select(static circle => $"{circle.Project}: {string.Join(", ", circle.Types)}").ToArray());

    [Fact]
    public void A_type_is_measured_over_all_its_parts()
    {
        var plan = PlanOf("partial class A\n{\n    int _a;\n}", "partial class A(int b, int c)\n{\n    readonly int _c = c;\n    int B => b;\n    static int s;\n    class N\n    {\n    }\n}");

        Assert.Equal([("A", 13, 3), ("A.N", 3, 0)], plan.Sizes.Select(static each => (each.Type, each.Size.Lines, each.Size.Fields)));
    }

    [Fact]
    public void A_circle_goes_by_way_of_others_and_of_what_is_nested()
    {
        var plan = PlanOf("class A { B b; }", "class B { class N { void M() => C.Of(); } }", "class C { static A a; public static void Of() { } }", "class D { A a; D d; }");

        Assert.Equal([("P", "A B C")], plan.Circles().Select(static circle => (circle.Project, string.Join(" ", circle.Types))));
    }

    /// <summary>Records that only carry values are as wide as what they carry.</summary>
    private static bool IsData(string type) => type is "Airlock.ConnectionReport" or "Airlock.Client.AirlockClientOptions";

    private static FloorPlan PlanOf(params string[] files) => new(files.Select(static (text, i) => new SourceFile($"src/P/{i}.cs", text)));
}
