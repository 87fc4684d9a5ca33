namespace Airlock.AspNetCore;

/// <summary>The JSON body of an answer that refuses.</summary>
/// <param name="Cause">The cause, as in the header.</param>
/// <param name="Message">What a person can read.</param>
internal sealed record RefusalBody(string Cause, string Message);
