namespace Airlock.Lab.Wire;

/// <summary>What a fault proxy does to a connection.</summary>
internal enum FaultKind
{
    /// <summary>Both sides see the other's end of stream.</summary>
    Cut,

    /// <summary>Both sides see a reset.</summary>
    Reset,

    /// <summary>The receiver of this direction sees its end; the other direction goes on.</summary>
    HalfClose,

    /// <summary>Nothing goes on in this direction until the proxy ends; both sides believe that the connection stands.</summary>
    Stall,
}
