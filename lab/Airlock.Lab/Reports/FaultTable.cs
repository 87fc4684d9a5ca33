using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Reports;

/// <summary>The faults of the legacy model, each with whose it is.</summary>
internal static class FaultTable
{
    /// <summary>What stands behind the name of a fault that the incident's endpoint did not have.</summary>
    public const string Mark = "†";

    /// <summary>What the mark means, as a sentence.</summary>
    public const string Legend = $"{Mark} not a fault of the incident's endpoint: the model's own, or of a part of the incident's code that its endpoint did not use.";

    /// <summary>Every single fault, in their order.</summary>
    public static IReadOnlyList<LegacyFault> Faults { get; } = [.. Enum.GetValues<LegacyFault>().Where(static fault => int.PopCount((int)fault) == 1)];

    /// <summary>Whose a fault is, in words.</summary>
    /// <param name="fault">One fault.</param>
    public static string OwnerOf(LegacyFault fault) => OriginAttribute.Of(fault).Origin switch
    {
        FaultOrigin.Endpoint => "the endpoint's",
        FaultOrigin.Beside => "beside the endpoint",
        _ => "the model's",
    };

    /// <summary>The mark, if one of some faults is not the incident's endpoint's; else nothing.</summary>
    /// <param name="subject">A subject's name on the command line.</param>
    public static string MarkOf(string subject) => Faults.Any(fault => OriginAttribute.Of(fault).Origin != FaultOrigin.Endpoint && FaultSource.NamesOf(subject).Contains(fault.ToString(), StringComparer.OrdinalIgnoreCase)) ? Mark : "";

    /// <summary>The faults as a table of a document: those of the incident's endpoint first.</summary>
    public static string Write()
    {
        var summaries = FaultSource.Summaries();
        return string.Concat(Faults.OrderBy(static fault => OriginAttribute.Of(fault).Origin).Select(fault => $"| `{fault}` | {OwnerOf(fault)} | {summaries[fault.ToString()]}{(OriginAttribute.Of(fault).Reason is { Length: > 0 } reason ? $" *{reason}*" : "")} |\n").Prepend("| fault | whose | what |\n|---|---|---|\n"));
    }
}
