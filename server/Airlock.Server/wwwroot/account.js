// Who is at the page: asks the server's /auth/*, gives tokens to the connection.

/** @typedef {{ mode: 'local' | 'oidc', authority: string | null, user: { name: string } | null }} AccountInfo */

/** Dispatches `signedout` when the server no longer knows the user. */
export class Account extends EventTarget {
  /** A token that was pasted: kept in memory only. @type {string | null} */
  #pasted = null;
  /** @type {AccountInfo} */
  #info;

  /** @param {AccountInfo} info */
  constructor(info) {
    super();
    this.#info = info;
  }

  /** @throws {Error} if the server cannot be reached */
  static async load() {
    const response = await fetch('/auth/info', { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return new Account(await response.json());
  }

  get mode() {
    return this.#info.mode;
  }

  get authority() {
    return this.#info.authority;
  }

  /** The name to show; `null` when signed out. */
  get name() {
    return this.#info.user?.name ?? (this.#pasted ? nameIn(this.#pasted) : null);
  }

  /** @param {string} name @throws {Error} with what to do */
  async signIn(name) {
    const response = await post('/auth/sign-in', { name });
    if (!response.ok) throw new Error(await refusal(response));
    const { user } = await response.json();
    this.#info = { ...this.#info, user };
  }

  /** @param {string} token @throws {Error} if it cannot be one */
  usePasted(token) {
    const trimmed = token.trim().replace(/^Bearer\s+/i, '');
    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(trimmed)) throw new Error('That is not a token: it has three parts with dots between them. Copy the access token once more.');
    this.#pasted = trimmed;
  }

  async signOut() {
    this.#pasted = null;
    this.#info = { ...this.#info, user: null };
    if (this.mode === 'local') await post('/auth/sign-out', {});
  }

  /** A fresh token for a connection. @returns {Promise<string>} @throws {Error} if there is none at the moment */
  async token() {
    if (this.mode === 'oidc') return this.#pasted ?? this.#signedOut();
    const response = await post('/auth/token', {});
    if (response.status === 401) return this.#signedOut();
    if (!response.ok) throw new Error(await refusal(response));
    return (await response.json()).token;
  }

  /** Has the server drop a connection of this user. @param {string} connection its id @returns {Promise<boolean>} whether it did */
  async cut(connection) {
    try {
      return (await post('/demo/cut', { connection }, this.#pasted)).ok;
    } catch {
      return false;
    }
  }

  /** @returns {never} */
  #signedOut() {
    this.#info = { ...this.#info, user: null };
    this.#pasted = null;
    this.dispatchEvent(new Event('signedout'));
    throw new Error('Signed out.');
  }
}

/** @param {string} path @param {object} body @param {string | null} [token] */
function post(path, body, token = null) {
  const authorization = token === null ? null : { authorization: `Bearer ${token}` };
  return fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', ...authorization }, body: JSON.stringify(body) });
}

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => null);
  return typeof body?.message === 'string' ? body.message : `The server answered ${response.status}. Try again in a moment.`;
}

/** What to call the owner of a token; whether it is valid is the server's to say. @param {string} token */
function nameIn(token) {
  try {
    const bytes = Uint8Array.from(atob((token.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return String(claims.name ?? claims.preferred_username ?? claims.sub ?? 'you');
  } catch {
    return 'you';
  }
}
