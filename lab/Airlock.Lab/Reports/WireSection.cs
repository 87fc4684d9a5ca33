using System.Globalization;
using System.Net;
using System.Text;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Reports;

/// <summary>The part of the page that tells of real sockets and processes.</summary>
internal static class WireSection
{
    /// <summary>Writes the section.</summary>
    /// <param name="wire">What <c>wire</c> found.</param>
    public static string Write(WireReport wire)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<section id=\"wire\"><h2>Over the wire</h2>\n<p class=\"lead\">The same checkers, over real sockets, proxies and processes: {wire.Holding} of {wire.Scenarios.Count} hold, {wire.DurationSeconds:0} s. What is only <em>reported</em> is not judged.</p>\n");
        html.Append("<div class=\"scroll\"><table class=\"cards\"><thead><tr><th scope=\"col\">verdict</th><th scope=\"col\">scenario</th><th scope=\"col\">half</th><th scope=\"col\">subject</th><th scope=\"col\" class=\"n\">ready</th><th scope=\"col\" class=\"n\">answered</th><th scope=\"col\">ends</th><th scope=\"col\">violated</th></tr></thead><tbody>\n");
        foreach (var suite in wire.Scenarios.GroupBy(static scenario => scenario.Suite))
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr class=\"suite\"><th colspan=\"8\" scope=\"colgroup\">{Text(suite.Key)}</th></tr>\n");
            foreach (var scenario in suite)
            {
                Rows(html, scenario);
            }
        }

        return html.Append("</tbody></table></div></section>\n").ToString();
    }

    private static void Rows(StringBuilder html, WireResult scenario)
    {
        var badge = $"<span class=\"badge {scenario.Verdict}\">{scenario.Verdict}</span>";
        if (scenario.Halves.Count == 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{badge}</td><th scope=\"row\">{Text(scenario.Name)}</th><td colspan=\"6\">{Text(string.Join(" ", scenario.Problems))}</td></tr>\n");
        }

        foreach (var half in scenario.Halves)
        {
            var isFirst = half == scenario.Halves[0];
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{(isFirst ? badge : "")}</td><th scope=\"row\" title=\"{Text(scenario.Claim)}\">{(isFirst ? Text(scenario.Name) : "")}</th><td data-l=\"half\">{Text(half.Role)}</td><td data-l=\"subject\">{Text(half.Subject)}</td>");
            html.Append(CultureInfo.InvariantCulture, $"<td class=\"n\" data-l=\"ready\">{half.Ready:N0} of {half.Dialed:N0}</td><td class=\"n\" data-l=\"answered\">{half.Answered:N0} of {half.Sent:N0}</td>");
            html.Append(CultureInfo.InvariantCulture, $"<td data-l=\"ends\">{Text(string.Join(", ", half.Ends.Select(static end => $"{end.Value} × {end.Key}")))}</td><td data-l=\"violated\">{Text(half.Error ?? string.Join(", ", half.Violations.Select(static violation => violation.Checker).Distinct()))}</td></tr>\n");
            if (half.Figures.Count > 0)
            {
                html.Append("<tr><td></td><th></th><td colspan=\"6\">").AppendJoin("<br>", half.Figures.Select(static figure => Text($"{figure.Key}: {figure.Value}"))).Append("</td></tr>\n");
            }
        }
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
