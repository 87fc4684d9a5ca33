// What the application is doing, for the server's traces (W3C Trace Context, version 00). What is traced never decides what is sent.

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** @typedef {string | null | undefined | (() => string | null | undefined)} TraceSource a `traceparent`, or what gives the present one */

/**
 * @param {TraceSource} source
 * @returns {string | undefined} nothing for anything but a good one
 */
export function traceparentOf(source) {
  try {
    const given = typeof source === 'function' ? source() : source;
    return typeof given === 'string' && TRACEPARENT.test(given) ? given : undefined;
  } catch {
    return undefined;
  }
}
