using System.Globalization;

namespace Airlock.Server.Agent;

/// <summary>How amounts in US dollars are rounded and written.</summary>
public static class Money
{
    /// <summary>To a hundredth of a cent, so that small token prices do not vanish.</summary>
    public static decimal Round(decimal amount) => Math.Round(amount, 4, MidpointRounding.AwayFromZero);

    /// <summary>Cents from one dollar on, a hundredth of a cent below it: $1,234.50 or $0.0042.</summary>
    public static string Text(decimal amount) =>
        "$" + amount.ToString(amount is 0 or >= 1 ? "#,0.00" : "0.0000", CultureInfo.InvariantCulture);
}
