namespace Airlock.Lab.Commands;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    /// <summary>Every verdict holds; the subject violates nothing.</summary>
    public const int Holds = 0;

    /// <summary>The call was wrong, something unexpected happened, or nothing ran.</summary>
    public const int Unexpected = 1;

    /// <summary>A race where none may be, or a red half that is not red any more.</summary>
    public const int Race = 2;

    /// <summary>Somebody ended it; the report is partial.</summary>
    public const int Interrupted = 130;
}
