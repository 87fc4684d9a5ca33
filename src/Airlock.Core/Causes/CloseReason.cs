namespace Airlock.Core;

/// <summary>Why a connection ends: one entry of the catalogue in <c>spec/wire.md</c>. Immutable; compare by reference.</summary>
/// <remarks>The range of <see cref="Code"/> tells a client what to do (<see cref="RetryAdvice"/>); <see cref="Cause"/> is the stable name a program acts on.</remarks>
public sealed class CloseReason
{
    private CloseReason(int code, string cause, Fault fault, string summary, int? resumeCode = null, int httpStatus = 503)
    {
        Code = code;
        ResumeCode = resumeCode ?? code;
        Cause = cause;
        Fault = fault;
        Summary = summary;
        HttpStatus = httpStatus;
    }

    // 1000 and the causes that never travel in a close frame.
    /// <summary>The client said <c>bye</c> and every accepted turn has finished.</summary>
    public static readonly CloseReason Bye = new(1000, "bye", Fault.Nobody, "The client said bye and every accepted message has been handled.");
    /// <summary>The client closed the WebSocket.</summary>
    public static readonly CloseReason ClientClosed = new(1000, "client_closed", Fault.Nobody, "The client closed the connection; its session stays for a while.");
    /// <summary>A WebSocket frame that RFC 6455 forbids; the WebSocket layer answers with 1002.</summary>
    public static readonly CloseReason ProtocolError = new(1002, "protocol_error", Fault.Client, "A WebSocket frame was one that RFC 6455 forbids.");
    /// <summary>A close frame that RFC 6455 forbids; the WebSocket layer answers with 1002.</summary>
    public static readonly CloseReason CloseInvalid = new(1002, "close_invalid", Fault.Client, "A close frame had a code or a reason that RFC 6455 forbids.");
    /// <summary>The transport ended without a close frame.</summary>
    public static readonly CloseReason TransportLost = new(1006, "transport_lost", Fault.Network, "The transport ended without a close frame.");
    /// <summary>The host could not open the WebSocket; the client got an HTTP answer.</summary>
    public static readonly CloseReason UpgradeFailed = new(1006, "upgrade_failed", Fault.Server, "The server's host could not open the WebSocket; the request was answered with HTTP.");
    /// <summary>Text that is not UTF-8; the WebSocket layer answers with 1007 (RFC 6455 §8.1).</summary>
    public static readonly CloseReason InvalidUtf8 = new(1007, "invalid_utf8", Fault.Client, "A text message was not valid UTF-8.");
    /// <summary>A bug of the server.</summary>
    public static readonly CloseReason InternalError = new(1011, "internal_error", Fault.Server, "A bug in the server; the flight record in its log tells where.", httpStatus: 500);

    // 4000–4099: stop and show.
    /// <summary>Not JSON, not a frame, or a field of the wrong kind.</summary>
    public static readonly CloseReason MalformedFrame = new(4000, "malformed_frame", Fault.Client, "A message was not a frame or an array of frames, or a field had the wrong kind.");
    /// <summary>A frame type this version does not know.</summary>
    public static readonly CloseReason UnknownFrame = new(4001, "unknown_frame", Fault.Client, "A frame had a type that this version of the protocol does not know.");
    /// <summary>A message beyond the size limit.</summary>
    public static readonly CloseReason MessageTooLarge = new(4002, "message_too_large", Fault.Client, "A message was larger than the limit that open announced.");
    /// <summary>A binary message.</summary>
    public static readonly CloseReason BinaryRefused = new(4003, "binary_refused", Fault.Client, "Binary messages are not part of this protocol.");
    /// <summary>The first frame was not <c>hello</c>.</summary>
    public static readonly CloseReason HelloMissing = new(4004, "hello_missing", Fault.Client, "The first frame was not hello.");
    /// <summary>A second <c>hello</c>.</summary>
    public static readonly CloseReason HelloRepeated = new(4005, "hello_repeated", Fault.Client, "hello was sent twice.");
    /// <summary>Data before ready although a resume was asked.</summary>
    public static readonly CloseReason EarlyData = new(4006, "early_data", Fault.Client, "Data came before ready although hello asked to resume.");
    /// <summary>Data before ready beyond the hold credit.</summary>
    public static readonly CloseReason EarlyDataOverflow = new(4007, "early_data_overflow", Fault.Client, "More data came before ready than the hold credit allows.");
    /// <summary>A sequence number out of its range.</summary>
    public static readonly CloseReason SequenceInvalid = new(4010, "sequence_invalid", Fault.Client, "A sequence number was not a whole number from 1 to 2^53-1.");
    /// <summary>A sequence number was skipped.</summary>
    public static readonly CloseReason SequenceGap = new(4011, "sequence_gap", Fault.Client, "A sequence number was skipped.");
    /// <summary>A number was used again for other content.</summary>
    public static readonly CloseReason SequenceConflict = new(4012, "sequence_conflict", Fault.Client, "A sequence number was used again for other content.");
    /// <summary>An acknowledgement beyond what was sent, or going back.</summary>
    public static readonly CloseReason AckInvalid = new(4013, "ack_invalid", Fault.Client, "An acknowledgement was beyond what was sent, or went back.");
    /// <summary>More unfinished messages than the window allows.</summary>
    public static readonly CloseReason WindowExceeded = new(4014, "window_exceeded", Fault.Client, "More messages were unfinished than the window allows.");
    /// <summary>A resume position that the session never reached.</summary>
    public static readonly CloseReason ResumeInvalid = new(4015, "resume_invalid", Fault.Client, "The resume position is beyond what the session ever sent.");
    /// <summary>A resume older than one the session has seen.</summary>
    public static readonly CloseReason StaleAttempt = new(4016, "stale_attempt", Fault.Client, "A newer attempt to resume this session has been seen.");
    /// <summary>A second refresh while one is being validated, or one before there is anything to refresh.</summary>
    public static readonly CloseReason RefreshInvalid = new(4017, "refresh_invalid", Fault.Client, "A refresh came before authed, or while another was being validated.");
    /// <summary>A frame that only has a meaning later, or a new message after <c>bye</c>.</summary>
    public static readonly CloseReason FrameOutOfPhase = new(4018, "frame_out_of_phase", Fault.Client, "A frame came where it has no meaning: before ready, or a new message after bye.");
    /// <summary>No credentials where some are needed.</summary>
    public static readonly CloseReason CredentialsMissing = new(4020, "credentials_missing", Fault.Client, "No credentials arrived; open.carriers tells which carriers did.", httpStatus: 401);
    /// <summary>Credentials that cannot be read.</summary>
    public static readonly CloseReason CredentialsMalformed = new(4021, "credentials_malformed", Fault.Client, "The credentials could not be read.", httpStatus: 401);
    /// <summary>A token or a cookie past its time.</summary>
    public static readonly CloseReason TokenExpired = new(4022, "token_expired", Fault.Client, "The credentials have expired; get new ones.", httpStatus: 401);
    /// <summary>Credentials that were read and are not accepted: a wrong signature, issuer, audience or key.</summary>
    public static readonly CloseReason TokenInvalid = new(4023, "token_invalid", Fault.Client, "The credentials were read and are not accepted here: a wrong signature, issuer, audience or key, say.", httpStatus: 401);
    /// <summary>Two explicit credentials that disagree.</summary>
    public static readonly CloseReason CredentialsConflict = new(4024, "credentials_conflict", Fault.Client, "Two explicit credentials disagree.", httpStatus: 401);
    /// <summary>A ticket that is unknown, used or expired.</summary>
    public static readonly CloseReason TicketInvalid = new(4025, "ticket_invalid", Fault.Client, "The ticket is unknown, was used before, or has expired.", httpStatus: 401);
    /// <summary>The user may not use this endpoint.</summary>
    public static readonly CloseReason Forbidden = new(4026, "forbidden", Fault.Client, "The user may not use this endpoint.", httpStatus: 403);
    /// <summary>A page of a foreign origin.</summary>
    public static readonly CloseReason OriginRefused = new(4027, "origin_refused", Fault.Client, "The page's origin is not allowed here.", httpStatus: 403);
    /// <summary>A refresh for another user.</summary>
    public static readonly CloseReason PrincipalChanged = new(4028, "principal_changed", Fault.Client, "The refreshed credentials belong to another user.");
    /// <summary>Valid credentials that name no user.</summary>
    public static readonly CloseReason SubjectMissing = new(4029, "subject_missing", Fault.Client, "The credentials are valid but name no user: there is no sub.", httpStatus: 401);
    /// <summary>No known sub-protocol was offered.</summary>
    public static readonly CloseReason ProtocolUnsupported = new(4030, "protocol_unsupported", Fault.Client, "The request offered no sub-protocol that the server knows.", httpStatus: 400);
    /// <summary>Another connection of the same client has taken over the session.</summary>
    public static readonly CloseReason Superseded = new(4031, "superseded", Fault.Nobody, "A newer connection has taken over the session.");

    // 4100–4199: new session after a back-off; the second code says resume instead.
    /// <summary>A required gate did not open in time.</summary>
    public static readonly CloseReason GateTimeout = new(4101, "gate_timeout", Fault.Server, "A required service was not ready in time.", resumeCode: 4301);
    /// <summary>Credentials could not be validated now.</summary>
    public static readonly CloseReason AuthenticationUnavailable = new(4102, "authentication_unavailable", Fault.Server, "Credentials cannot be validated at the moment.", resumeCode: 4302);
    /// <summary>The session store cannot be reached.</summary>
    public static readonly CloseReason StoreUnavailable = new(4103, "store_unavailable", Fault.Server, "The session store cannot be reached at the moment.", resumeCode: 4303);
    /// <summary>Too many connections of this user.</summary>
    public static readonly CloseReason ConnectionLimit = new(4104, "connection_limit", Fault.Client, "This user has too many connections open.", resumeCode: 4304, httpStatus: 429);
    /// <summary>Too many connections from this address.</summary>
    public static readonly CloseReason AddressLimit = new(4105, "address_limit", Fault.Client, "This address has too many connections open.", resumeCode: 4305, httpStatus: 429);
    /// <summary>Too many attached sessions of this user, or from this address.</summary>
    public static readonly CloseReason SessionLimit = new(4106, "session_limit", Fault.Client, "This user or address has too many live sessions.");
    /// <summary>The session has ended.</summary>
    public static readonly CloseReason SessionEnded = new(4107, "session_ended", Fault.Nobody, "The session was ended by the server.");
    /// <summary>A token whose time has not come: the issuer's clock is ahead of the server's.</summary>
    public static readonly CloseReason TokenNotYetValid = new(4108, "token_not_yet_valid", Fault.Client, "The token is not valid yet: by the server's clock its time has not come.", resumeCode: 4308, httpStatus: 401);

    // 4200–4299: resume now.
    /// <summary>The client did not answer a ping.</summary>
    public static readonly CloseReason NoPong = new(4201, "no_pong", Fault.Network, "Nothing was heard from the client, not even an answer to a ping.");
    /// <summary>The server is going away.</summary>
    public static readonly CloseReason Moved = new(4202, "moved", Fault.Nobody, "The server is going away; connect again.");
    /// <summary>The credentials' time is over.</summary>
    public static readonly CloseReason AuthenticationExpired = new(4203, "authentication_expired", Fault.Client, "The credentials expired; connect again with new ones.");
    /// <summary>Closed by the operator or the application; the session stays.</summary>
    public static readonly CloseReason Disconnected = new(4204, "disconnected", Fault.Nobody, "The server asked this connection to be made anew.");

    // 4300–4399: resume after the hint.
    /// <summary>The client does not read.</summary>
    public static readonly CloseReason SlowConsumer = new(4310, "slow_consumer", Fault.Client, "The client does not read what it is sent.");
    /// <summary>No <c>hello</c> in time.</summary>
    public static readonly CloseReason HelloTimeout = new(4311, "hello_timeout", Fault.Client, "No hello came in time.");
    /// <summary>The server is going away and takes no new connections.</summary>
    public static readonly CloseReason Draining = new(4312, "draining", Fault.Nobody, "The server is going away and takes no new connections.");
    /// <summary>A message that began and did not arrive whole.</summary>
    public static readonly CloseReason MessageTimeout = new(4313, "message_timeout", Fault.Client, "A message did not arrive whole in time.");

    /// <summary>The close code where the client has no session to resume.</summary>
    public int Code { get; }

    /// <summary>The close code where the client has one: <c>hello</c> asked to resume, or the connection was attached. Mostly the same.</summary>
    public int ResumeCode { get; }

    /// <summary>The stable name, in snake case.</summary>
    public string Cause { get; }

    /// <summary>Who has to change something.</summary>
    public Fault Fault { get; }

    /// <summary>One sentence for a person.</summary>
    public string Summary { get; }

    /// <summary>The HTTP status if the reason is known before the upgrade.</summary>
    public int HttpStatus { get; }

    /// <summary>Every reason, in the order of the catalogue.</summary>
    public static IReadOnlyList<CloseReason> All { get; } =
    [
        Bye, ClientClosed, ProtocolError, CloseInvalid, TransportLost, UpgradeFailed, InvalidUtf8, InternalError,
        MalformedFrame, UnknownFrame, MessageTooLarge, BinaryRefused, HelloMissing, HelloRepeated, EarlyData, EarlyDataOverflow,
        SequenceInvalid, SequenceGap, SequenceConflict, AckInvalid, WindowExceeded, ResumeInvalid, StaleAttempt, RefreshInvalid, FrameOutOfPhase,
        CredentialsMissing, CredentialsMalformed, TokenExpired, TokenInvalid, CredentialsConflict, TicketInvalid, Forbidden, OriginRefused, PrincipalChanged, SubjectMissing,
        ProtocolUnsupported, Superseded,
        GateTimeout, AuthenticationUnavailable, StoreUnavailable, ConnectionLimit, AddressLimit, SessionLimit, SessionEnded, TokenNotYetValid,
        NoPong, Moved, AuthenticationExpired, Disconnected,
        SlowConsumer, HelloTimeout, Draining, MessageTimeout,
    ];

    /// <summary>The code to send.</summary>
    /// <param name="hasSession">Whether the client has a session to resume: its <c>hello</c> asked for one, or the connection was attached to one.</param>
    public int CodeFor(bool hasSession) => hasSession ? ResumeCode : Code;

    /// <summary>What a client does after a close with this code, also when it does not know the code (<c>spec/wire.md</c> §7).</summary>
    /// <param name="code">Any close code, or 1005 or 1006 where there was none.</param>
    public static RetryAdvice AdviceFor(int code) => code switch
    {
        >= 4100 and <= 4199 => RetryAdvice.New,
        >= 4200 and <= 4299 => RetryAdvice.Resume,
        >= 4300 and <= 4399 => RetryAdvice.ResumeLater,
        1001 or 1005 or 1006 or 1011 or 1012 or 1013 or 1014 => RetryAdvice.Resume,
        _ => RetryAdvice.Never,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Code} {Cause}";
}
