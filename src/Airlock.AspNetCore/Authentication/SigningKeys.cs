namespace Airlock.AspNetCore;

/// <summary>What a scheme knows of the keys that tokens are signed with.</summary>
internal enum SigningKeys
{
    /// <summary>They stay as they are: a token that fits none of them never will.</summary>
    Fixed,

    /// <summary>They are fetched from the issuer, who may have new ones by now: a token that fits none may fit soon.</summary>
    Renewed,

    /// <summary>There are none: no token can be judged.</summary>
    Missing,
}
