using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Airlock.Core;

namespace Airlock.Server.Live;

/// <summary><c>/causes</c>: every cause of the catalogue, with the words of <c>docs/causes.md</c> where there are some. An entry is at <c>/causes#cause_name</c>.</summary>
public static partial class CausesPage
{
    /// <summary>Maps the page. It is made once, and anybody may read it.</summary>
    public static void MapCauses(this WebApplication app)
    {
        var words = Pages.FileOf("causes.md") is var file && File.Exists(file) ? File.ReadAllText(file) : "";
        var page = File.ReadAllText(Pages.FileOf("live/causes.html")).Replace("<!-- entries -->", Entries(SectionsOf(words)), StringComparison.Ordinal);
        app.MapGet("/causes", () => Results.Text(page, "text/html; charset=utf-8"));
    }

    /// <summary>The text below each heading <c>### `cause_name`</c>, up to the next heading.</summary>
    internal static Dictionary<string, string> SectionsOf(string markdown) =>
        Section().Matches(markdown).ToDictionary(static m => m.Groups["cause"].Value, static m => m.Groups["words"].Value.Trim());

    internal static string Entries(IReadOnlyDictionary<string, string> words)
    {
        var html = new StringBuilder();
        foreach (var reason in CloseReason.All)
        {
            var codes = reason.Code == reason.ResumeCode ? FormattableString.Invariant($"{reason.Code}") : FormattableString.Invariant($"{reason.Code}, with a session {reason.ResumeCode}");
            var summary = WebUtility.HtmlEncode(reason.Summary);
            html.Append(CultureInfo.InvariantCulture, $"""<section class="cause" id="{reason.Cause}"><h2><a href="#{reason.Cause}"><code>{reason.Cause}</code></a> <span class="code">{codes}</span></h2>""");
            html.Append(words.TryGetValue(reason.Cause, out var text)
                ? $"""<div class="words" data-markdown>{WebUtility.HtmlEncode(text)}</div>"""
                : $"""<p>{summary}</p><dl><dt>Who has to change something</dt><dd>{FaultText(reason.Fault)}</dd><dt>What the client does</dt><dd>{AdviceText(reason)}</dd></dl>""");
            html.Append("</section>\n");
        }

        return html.ToString();
    }

    private static string FaultText(Fault fault) => fault switch
    {
        Fault.Client => "The client or its user",
        Fault.Server => "The server, or something it depends on",
        Fault.Network => "Something in between",
        _ => "Nobody: an ordinary end",
    };

    private static string AdviceText(CloseReason reason) =>
        reason.Code == reason.ResumeCode ? AdviceText(reason.Code) : $"{AdviceText(reason.Code)} With a session: {AdviceText(reason.ResumeCode)}";

    private static string AdviceText(int code) => CloseReason.AdviceFor(code) switch
    {
        RetryAdvice.New => "It starts a new session after a back-off.",
        RetryAdvice.Resume => "It reconnects now and resumes.",
        RetryAdvice.ResumeLater => "It reconnects after the server’s hint, or a back-off, and resumes.",
        _ => "It stops and tells the user.",
    };

    [GeneratedRegex(@"^### `(?<cause>\w+)`[^\n]*\n(?<words>.*?)(?=^#{1,3} |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();
}
