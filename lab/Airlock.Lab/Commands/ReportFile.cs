namespace Airlock.Lab.Commands;

/// <summary>A file that a command shall write at its end, looked at before its beginning.</summary>
internal static class ReportFile
{
    /// <summary>Why it cannot be written, as a sentence; null if it can. Makes its folder.</summary>
    /// <param name="path">The path; null for none.</param>
    public static string? ProblemOf(string? path)
    {
        try
        {
            if (path is not null && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
                File.Open(path, FileMode.OpenOrCreate, FileAccess.Write).Dispose();
            }

            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"The report cannot be written: {e.Message}";
        }
    }
}
