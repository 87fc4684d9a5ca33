// The catalogue of spec/wire.md §7. A test compares it with the catalogue of the C# core.

/** @typedef {'never' | 'new' | 'resume' | 'resume_later'} RetryAdvice */
/** @typedef {{ code: number, resumeCode: number, cause: string, summary: string }} CloseReason */

/**
 * @param {number} code
 * @param {string} cause
 * @param {string} summary
 * @param {number} [resumeCode] the code for a connection that asked to resume, where it differs
 * @returns {Readonly<CloseReason>}
 */
const reason = (code, cause, summary, resumeCode = code) => Object.freeze({ code, resumeCode, cause, summary });

/** Everything a server closes with, in the order of the catalogue. */
export const SERVER_REASONS = Object.freeze([
  reason(1000, 'bye', 'The client said bye and every accepted message has been handled.'),
  reason(1000, 'client_closed', 'The client closed the connection; its session stays for a while.'),
  reason(1002, 'protocol_error', 'A WebSocket frame was one that RFC 6455 forbids.'),
  reason(1002, 'close_invalid', 'A close frame had a code or a reason that RFC 6455 forbids.'),
  reason(1006, 'transport_lost', 'The transport ended without a close frame.'),
  reason(1006, 'upgrade_failed', "The server's host could not open the WebSocket; the request was answered with HTTP."),
  reason(1007, 'invalid_utf8', 'A text message was not valid UTF-8.'),
  reason(1011, 'internal_error', 'A bug in the server; the flight record in its log tells where.'),

  reason(4000, 'malformed_frame', 'A message was not a frame or an array of frames, or a field had the wrong kind.'),
  reason(4001, 'unknown_frame', 'A frame had a type that this version of the protocol does not know.'),
  reason(4002, 'message_too_large', 'A message was larger than the limit that open announced.'),
  reason(4003, 'binary_refused', 'Binary messages are not part of this protocol.'),
  reason(4004, 'hello_missing', 'The first frame was not hello.'),
  reason(4005, 'hello_repeated', 'hello was sent twice.'),
  reason(4006, 'early_data', 'Data came before ready although hello asked to resume.'),
  reason(4007, 'early_data_overflow', 'More data came before ready than the hold credit allows.'),
  reason(4010, 'sequence_invalid', 'A sequence number was not a whole number from 1 to 2^53-1.'),
  reason(4011, 'sequence_gap', 'A sequence number was skipped.'),
  reason(4012, 'sequence_conflict', 'A sequence number was used again for other content.'),
  reason(4013, 'ack_invalid', 'An acknowledgement was beyond what was sent, or went back.'),
  reason(4014, 'window_exceeded', 'More messages were unfinished than the window allows.'),
  reason(4015, 'resume_invalid', 'The resume position is beyond what the session ever sent.'),
  reason(4016, 'stale_attempt', 'A newer attempt to resume this session has been seen.'),
  reason(4017, 'refresh_invalid', 'A refresh came before authed, or while another was being validated.'),
  reason(4018, 'frame_out_of_phase', 'A frame came where it has no meaning: before ready, or a new message after bye.'),
  reason(4020, 'credentials_missing', 'No credentials arrived; open.carriers tells which carriers did.'),
  reason(4021, 'credentials_malformed', 'The credentials could not be read.'),
  reason(4022, 'token_expired', 'The credentials have expired; get new ones.'),
  reason(4023, 'token_invalid', 'The credentials were read and are not accepted here: a wrong signature, issuer, audience or key, say.'),
  reason(4024, 'credentials_conflict', 'Two explicit credentials disagree.'),
  reason(4025, 'ticket_invalid', 'The ticket is unknown, was used before, or has expired.'),
  reason(4026, 'forbidden', 'The user may not use this endpoint.'),
  reason(4027, 'origin_refused', "The page's origin is not allowed here."),
  reason(4028, 'principal_changed', 'The refreshed credentials belong to another user.'),
  reason(4029, 'subject_missing', 'The credentials are valid but name no user: there is no sub.'),
  reason(4030, 'protocol_unsupported', 'The request offered no sub-protocol that the server knows.'),
  reason(4031, 'superseded', 'A newer connection has taken over the session.'),

  reason(4101, 'gate_timeout', 'A required service was not ready in time.', 4301),
  reason(4102, 'authentication_unavailable', 'Credentials cannot be validated at the moment.', 4302),
  reason(4103, 'store_unavailable', 'The session store cannot be reached at the moment.', 4303),
  reason(4104, 'connection_limit', 'This user has too many connections open.', 4304),
  reason(4105, 'address_limit', 'This address has too many connections open.', 4305),
  reason(4106, 'session_limit', 'This user or address has too many live sessions.'),
  reason(4107, 'session_ended', 'The session was ended by the server.'),
  reason(4108, 'token_not_yet_valid', "The token is not valid yet: by the server's clock its time has not come.", 4308),

  reason(4201, 'no_pong', 'Nothing was heard from the client, not even an answer to a ping.'),
  reason(4202, 'moved', 'The server is going away; connect again.'),
  reason(4203, 'authentication_expired', 'The credentials expired; connect again with new ones.'),
  reason(4204, 'disconnected', 'The server asked this connection to be made anew.'),

  reason(4310, 'slow_consumer', 'The client does not read what it is sent.'),
  reason(4311, 'hello_timeout', 'No hello came in time.'),
  reason(4312, 'draining', 'The server is going away and takes no new connections.'),
  reason(4313, 'message_timeout', 'A message did not arrive whole in time.'),
]);

/** What a client itself closes with. */
export const CLIENT_REASONS = Object.freeze({
  closed: reason(4900, 'client_closed', 'The application closed the connection; the session may be resumed.'),
  replaced: reason(4901, 'client_replaced', 'A newer connection of this client took over.'),
  violation: reason(4902, 'server_violation', 'The server broke the protocol.'),
  silent: reason(4903, 'server_silent', 'Nothing was heard from the server.'),
});

/**
 * What a close code tells a client to do, also when it does not know the code.
 * @param {number} code any close code, or 1005 or 1006 where there was none
 * @returns {RetryAdvice}
 */
export function adviceFor(code) {
  if (code >= 4100 && code <= 4199) return 'new';
  if (code >= 4200 && code <= 4299) return 'resume';
  if (code >= 4300 && code <= 4399) return 'resume_later';
  return [1001, 1005, 1006, 1011, 1012, 1013, 1014].includes(code) ? 'resume' : 'never';
}

/**
 * The cause of a close that no `closing` frame explained: the close frame's reason if it is in the catalogue, else what the code stands for.
 * @param {number} code
 * @param {string} text the close frame's reason
 * @returns {string}
 */
export function causeFor(code, text) {
  const known = SERVER_REASONS.filter((entry) => entry.code === code || entry.resumeCode === code);
  const named = known.find((entry) => entry.cause === text) ?? (code >= 4000 ? known[0] : undefined);
  if (named) return named.cause;
  if (/^[a-z][a-z0-9_]{0,63}$/.test(text) && code >= 4000) return text;
  return { 1000: 'closed', 1001: 'going_away', 1002: 'protocol_error', 1005: 'transport_lost', 1006: 'transport_lost', 1007: 'invalid_utf8', 1011: 'internal_error' }[code] ?? `close_${code}`;
}
