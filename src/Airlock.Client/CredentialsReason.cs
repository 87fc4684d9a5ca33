namespace Airlock.Client;

/// <summary>Why the application is asked for credentials.</summary>
public enum CredentialsReason
{
    /// <summary>For a connection that is being made.</summary>
    Connect,
    /// <summary>For the connection there is, whose credentials expire before long. Give newer ones than the last; the same are taken, but help no longer than they last.</summary>
    Refresh,
    /// <summary>For a connection that is being made because the server called the last ones expired. Give new ones, whatever a cache or this machine's clock says of the old.</summary>
    Expired,
}
