using System.Text;

namespace Airlock.Lab.Commands;

/// <summary>Text that fits the window, for what a table would tear apart.</summary>
internal static class Lines
{
    /// <summary>A name and what is said of it: beside the name, and below in the same column.</summary>
    /// <param name="name">The name.</param>
    /// <param name="text">What is said.</param>
    /// <param name="at">The column in which that begins. A name that is longer has a line of its own.</param>
    /// <param name="width">The width of the window.</param>
    public static string Entry(string name, string text, int at, int width)
    {
        var lines = new StringBuilder(name);
        if (name.Length >= at - 1)
        {
            lines.AppendLine();
        }

        var column = name.Length >= at - 1 ? 0 : name.Length;
        foreach (var word in text.Split(' '))
        {
            if (column > at && column + 1 + word.Length >= width)
            {
                lines.AppendLine();
                column = 0;
            }

            var gap = column < at ? at - column : 1;
            lines.Append(' ', gap).Append(word);
            column += gap + word.Length;
        }

        return lines.ToString();
    }
}
