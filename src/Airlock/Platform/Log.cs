using Airlock.Core;
using Microsoft.Extensions.Logging;

namespace Airlock;

/// <summary>Every line this library logs; <c>docs/operating.md</c> lists them. None holds a token, a ticket, a payload or a session's id.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Connection {Connection}: {Event}: {From} -> {To}")]
    internal static partial void Transition(ILogger logger, string connection, EventKind @event, ConnectionState from, ConnectionState to);

    [LoggerMessage(2, LogLevel.Debug, "Connection {Connection}: {Event} refused in {State}: {Refusal}")]
    internal static partial void Refused(ILogger logger, string connection, EventKind @event, ConnectionState state, Refusal refusal);

    /// <remarks>A warning if the fault is this server's.</remarks>
    [LoggerMessage(EventId = 3, Message = "Connection {Connection} ended: {Code} {Cause}. {Summary} Flight record: {Record}", SkipEnabledCheck = true)]
    internal static partial void EndedAbnormally(ILogger logger, LogLevel level, string connection, int code, string cause, string summary, string record);

    [LoggerMessage(4, LogLevel.Debug, "Connection {Connection} ended: {Code} {Cause}")]
    internal static partial void Ended(ILogger logger, string connection, int code, string cause);

    [LoggerMessage(5, LogLevel.Error, "Connection {Connection}: a bug in the driver or in what it calls")]
    internal static partial void DriverFailed(ILogger logger, Exception exception, string connection);

    [LoggerMessage(17, LogLevel.Error, "The session store failed a turn's processor; it is asked again")]
    internal static partial void ProcessorStoreFailed(ILogger logger, Exception exception);

    [LoggerMessage(18, LogLevel.Warning, "The session store has not answered a turn's processor for {Timeout}; the client's connection is closed")]
    internal static partial void ProcessorStoreHangs(ILogger logger, TimeSpan timeout);

    [LoggerMessage(19, LogLevel.Warning, "Connection {Connection}: the session store has not answered in time; the connection is closed")]
    internal static partial void StoreLate(ILogger logger, Exception exception, string connection);

    [LoggerMessage(6, LogLevel.Error, "A bug in the turn processor or in the session store; the session's turns are held")]
    internal static partial void ProcessorFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The handler of message {MessageId} failed on try {Try} of {TriesMax}")]
    internal static partial void TryFailed(ILogger logger, Exception exception, string messageId, int @try, int triesMax);

    [LoggerMessage(8, LogLevel.Error, "Connection {Connection}: authentication threw")]
    internal static partial void AuthenticationFailed(ILogger logger, Exception exception, string connection);

    [LoggerMessage(9, LogLevel.Error, "Connection {Connection}: the session store failed")]
    internal static partial void StoreFailed(ILogger logger, Exception exception, string connection);

    [LoggerMessage(10, LogLevel.Information, "Draining {Connections} connections within {Budget}")]
    internal static partial void Draining(ILogger logger, int connections, TimeSpan budget);

    [LoggerMessage(11, LogLevel.Error, "What waits for a cancellation threw when it came")]
    internal static partial void CancellationFailed(ILogger logger, Exception exception);

    [LoggerMessage(12, LogLevel.Warning, "Connection {Connection}: stripped on the way: {Carriers}")]
    internal static partial void Stripped(ILogger logger, string connection, string carriers);

    [LoggerMessage(15, LogLevel.Information, "Connection {Connection}: what the client sent breaks RFC 6455: {Violation}")]
    internal static partial void SocketViolated(ILogger logger, string connection, SocketViolation violation);

    [LoggerMessage(16, LogLevel.Warning, "Connection {Connection}: the host could not open the WebSocket; the request is answered with {Status}, or cut off if its answer has begun")]
    internal static partial void UpgradeFailed(ILogger logger, Exception exception, string connection, int status);

    [LoggerMessage(21, LogLevel.Warning, "Connection {Connection}: the host could not write the refusal {Cause}; the request is cut off")]
    internal static partial void RefusalFailed(ILogger logger, Exception exception, string connection, string cause);

    /// <remarks>For information if the client's account adds something.</remarks>
    [LoggerMessage(EventId = 13, Message = "Connection {Connection} follows {Previous}, which ended here with {Code} {Cause} after {Silence} without a word, and at the client with {SeenCode} {SeenCause} after {SeenSilence}: {Explanation}. {Meaning}")]
    internal static partial void Explained(ILogger logger, LogLevel level, string connection, string previous, int code, string cause, TimeSpan? silence, int? seenCode, string? seenCause, TimeSpan? seenSilence, string explanation, string meaning);

    /// <remarks>At most once a minute for an endpoint.</remarks>
    [LoggerMessage(20, LogLevel.Warning, "Work of {Endpoint} waited {Waited} for a thread: handlers that block hold the thread pool's threads, and everybody waits")]
    internal static partial void ThreadWaited(ILogger logger, string endpoint, TimeSpan waited);
}
