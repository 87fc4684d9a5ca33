using Airlock.Core;
using Microsoft.Extensions.Logging;

namespace Airlock.Client;

/// <summary>What the client tells its logger. Never tokens, session ids or payloads.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connection {Number} ({Connection}) is {State}.")]
    public static partial void Entered(this ILogger logger, int number, string? connection, ConnectionState state);

    [LoggerMessage(2, LogLevel.Information, "Connection {Number} ({Connection}) is {State}: {Cause} ({Code}). {Detail} Next connection in: {RetryIn}.")]
    public static partial void Ended(this ILogger logger, int number, string? connection, ConnectionState state, string cause, int? code, string? detail, TimeSpan? retryIn);

    [LoggerMessage(3, LogLevel.Warning, "Connection {Number} ({Connection}): credentials were stripped on the way: {Carriers}.")]
    public static partial void Stripped(this ILogger logger, int number, string? connection, string carriers);

    [LoggerMessage(4, LogLevel.Warning, "The client has stopped: {Cause} ({Code}). {Detail}")]
    public static partial void Stopped(this ILogger logger, string cause, int code, string detail, Exception? origin);

    [LoggerMessage(5, LogLevel.Information, "The client has stopped: {Cause}.")]
    public static partial void Left(this ILogger logger, string cause);

    [LoggerMessage(6, LogLevel.Error, "A handler of StateChanged threw.")]
    public static partial void HandlerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "No token could be had for a refresh.")]
    public static partial void NoToken(this ILogger logger, Exception? exception);
}
