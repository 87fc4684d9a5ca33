using System.Text;
using System.Text.RegularExpressions;

namespace Airlock.Server;

/// <summary>
/// One script of a page together with all modules that it imports, so that a cold load asks once and not sixty times. The modules stay as they are; each becomes a function
/// that gives what it exports. Only the forms of import and export that these modules use are understood; another one, or a circle, is refused.
/// </summary>
public sealed partial class ModuleBundle
{
    private readonly Func<string, string> _read;
    private readonly Dictionary<string, int> _numbers = [];
    private readonly HashSet<string> _open = [];
    private readonly StringBuilder _text = new();

    private ModuleBundle(Func<string, string> read) => _read = read;

    /// <summary>Makes one script of a module and what it imports.</summary>
    /// <param name="path">The module's absolute path.</param>
    /// <param name="read">Gives the text of a module by its absolute path.</param>
    /// <exception cref="InvalidOperationException">A module has a form that is not understood, or imports itself by way of others.</exception>
    public static string Make(string path, Func<string, string> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var bundle = new ModuleBundle(read);
        // Last and not in a function: it may await.
        var entry = bundle.BodyOf(path, []);
        return bundle._text.Append("// ").Append(path).Append('\n').Append(entry).ToString();
    }

    private string NameOf(string path, string from)
    {
        var absolute = new Uri(new Uri($"http://host{from}"), path).AbsolutePath;
        if (!_numbers.TryGetValue(absolute, out var number))
        {
            var exports = new List<string>();
            var body = BodyOf(absolute, exports);
            number = _numbers.Count;
            _numbers.Add(absolute, number);
            _text.Append("// ").Append(absolute).Append("\nconst $").Append(number).Append(" = (() => {\n").Append(body)
                .Append("\nreturn { ").AppendJoin(", ", exports).Append(" };\n})();\n");
        }

        return $"${number}";
    }

    private string BodyOf(string path, List<string> exports)
    {
        if (!_open.Add(path))
        {
            throw new InvalidOperationException($"{path} imports itself by way of others.");
        }

        var body = Import().Replace(_read(path).ReplaceLineEndings("\n"), match =>
        {
            var module = NameOf(match.Groups["from"].Value, path);
            return match.Groups["all"].Success ? $"const {match.Groups["all"].Value} = {module};" : $"const {{ {Names(match).Aggregate("", static (all, name) => $"{all}{name.Local}: {name.Exported}, ")}}} = {module};";
        });
        body = ExportFrom().Replace(body, match =>
        {
            var module = NameOf(match.Groups["from"].Value, path);
            exports.AddRange(Names(match).Select(name => $"{name.Exported}: {module}.{name.Local}"));
            return "";
        });
        body = ExportNames().Replace(body, match =>
        {
            exports.AddRange(Names(match).Select(static name => $"{name.Exported}: {name.Local}"));
            return "";
        });
        body = ExportDeclaration().Replace(body, match =>
        {
            exports.Add(match.Groups["name"].Value);
            return match.Groups["kind"].Value + match.Groups["name"].Value;
        });
        if (Other().Match(body) is { Success: true } other)
        {
            throw new InvalidOperationException($"{path}: this form is not understood: {other.Value}");
        }

        _open.Remove(path);
        return body;
    }

    private static IEnumerable<(string Local, string Exported)> Names(Match match) =>
        match.Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(static name => name.Split(" as ", StringSplitOptions.TrimEntries)).Select(static parts => (parts[0], parts[^1]));

    [GeneratedRegex(@"^import (?:\{(?<names>[^}]*)\}|\* as (?<all>\w+)) from '(?<from>[^']+)';", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(@"^export \{(?<names>[^}]*)\} from '(?<from>[^']+)';", RegexOptions.Multiline)]
    private static partial Regex ExportFrom();

    [GeneratedRegex(@"^export \{(?<names>[^}]*)\};", RegexOptions.Multiline)]
    private static partial Regex ExportNames();

    [GeneratedRegex(@"^export (?<kind>(?:async )?function\*? |class |const )(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex ExportDeclaration();

    [GeneratedRegex(@"^(?:import|export)\b.*$|\bawait import\(", RegexOptions.Multiline)]
    private static partial Regex Other();
}
