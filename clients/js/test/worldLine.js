// One WebSocket of the virtual world: both ends, and the network between them, which may be cut between any two frames.

/** @typedef {import('./world.js').World} World */
/** @typedef {import('./worldClient.js').WorldClient} WorldClient */
/** @typedef {import('./worldPage.js').WorldPage} WorldPage */
/** @typedef {import('./worldServer.js').WorldConnection} WorldConnection */

/** How a dial goes: `dead` sockets say an error and a close, `mute` ones an error only, as some platforms do, `hanging` ones nothing. @typedef {'open' | 'dead' | 'mute' | 'hanging'} Dialing */

export class WorldLine extends EventTarget {
  protocol = '';
  readyState = 0;
  isCut = false;
  /** @type {WorldConnection | null} */
  connection = null;
  #clock = { up: 0, down: 0 };

  /** The session of the `ready` that was heard, until `closing` was. @type {string | null} */
  #session = null;
  /** The highest number that the client has acknowledged here. */
  #acknowledged = 0;
  /** Another connection was to relieve it, and may still be attached: nothing above its `hello` is acknowledged here. */
  isHeld = false;
  #readyAt = 0;

  /** @param {World} world @param {WorldPage} page @param {WorldClient} client whose it is @param {string[]} protocols */
  constructor(world, page, client, protocols) {
    super();
    this.world = world;
    this.page = page;
    this.client = client;
    if (page.state === 'gone') return;
    page.lines.add(this);
    if (protocols.length > 0) world.dialed(client);
    const how = world.dialing();
    const isProbe = protocols.length === 0;
    if (how !== 'hanging') world.later(world.random() * 100, () => (how === 'open' && !isProbe ? this.#open() : this.#fail(how)));
  }

  /** @param {string} text */
  send(text) {
    if (this.readyState !== 1) throw new Error('The socket is not open.');
    const frame = JSON.parse(text);
    if (frame.resume) for (const line of this.page.lines) line.isHeld ||= line !== this && line.client === this.client;
    this.#acknowledged = Math.max(this.#acknowledged, frame.a ?? frame.resume?.received ?? 0);
    this.#travel('up', () => this.connection?.read(frame, text));
  }

  /** What was handled is acknowledged: when the page is put away, and otherwise soon. @param {number} [delay] */
  mustHaveAcknowledged(delay = 0) {
    const { client } = this;
    if (delay > 0 && this.world.time - Math.max(client.handledAt, this.#readyAt) < delay) return;
    const session = this.#session;
    if (!session || this.isHeld || this.readyState !== 1 || client.isOver || client.session !== session || this.#acknowledged >= client.handled(session)) return;
    client.violated(`has handled ${session}/${client.handled(session)} and acknowledged ${this.#acknowledged}, ${delay === 0 ? 'when its page is put away' : 'and not soon'}`);
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code = 1005, reason = '') {
    if (this.readyState >= 2) return;
    const wasOpen = this.readyState === 1;
    this.readyState = 2;
    if (wasOpen) this.#travel('up', () => this.connection?.lost(code, reason));
    // Over a network that is cut the handshake of closing ends with a timeout.
    this.world.later(this.isCut || !wasOpen ? this.world.random() * 3000 : 50, () => this.#ended(this.isCut || !wasOpen ? 1006 : code, reason));
  }

  /** @param {any} frame */
  toClient(frame) {
    const data = JSON.stringify(frame);
    this.#travel('down', () => this.readyState === 1 && this.page.run(() => {
      if (frame.t === 'closing') this.#session = null;
      this.dispatchEvent(Object.assign(new Event('message'), { data }));
      // A client may leave at `ready`: the session is shared.
      if (frame.t === 'ready' && this.readyState === 1) {
        this.#readyAt = this.world.time;
        this.client.attached(this.#session = frame.session);
      }
    }));
  }

  /** @param {number} code @param {string} reason */
  closeFromServer(code, reason) {
    this.#travel('down', () => this.#ended(code, reason));
  }

  /** As a network does it: what is on its way is gone, and each side notices when it does, or not at all. */
  cut() {
    if (this.isCut) return;
    this.isCut = true;
    const { world } = this;
    const dice = world.random();
    // The client may never be told: it has to notice by itself.
    if (dice < 0.7) world.later(dice < 0.5 ? 0 : world.random() * 5_000, () => this.#ended(1006, ''));
    world.later(world.random() < 0.5 ? 0 : world.random() * 40_000, () => this.connection?.lost());
  }

  /** The page is gone, and its sockets with it. */
  destroy() {
    this.readyState = 3;
    this.page.lines.delete(this);
    this.world.later(0, () => this.connection?.lost(1001, 'going_away'));
  }

  #open() {
    if (this.readyState !== 0 || this.isCut) return;
    this.readyState = 1;
    this.protocol = 'airlock.v1';
    this.#fire('open', {});
    if (/** @type {number} */ (this.readyState) === 1) this.connection = this.world.server.accept(this);
  }

  /** @param {Dialing} how */
  #fail(how) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.page.lines.delete(this);
    this.#fire('error', { message: '' });
    if (how !== 'mute') this.#fire('close', { code: 1006, reason: '', wasClean: false });
  }

  /** @param {number} code @param {string} reason */
  #ended(code, reason) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.page.lines.delete(this);
    this.#fire('close', { code, reason, wasClean: code !== 1006 });
  }

  /** Frames keep their order in each direction. @param {'up' | 'down'} direction @param {() => void} arrive */
  #travel(direction, arrive) {
    if (this.isCut) return;
    const { world } = this;
    const at = Math.max(this.#clock[direction], world.time + world.random() * 40);
    this.#clock[direction] = at;
    world.later(at - world.time, () => !this.isCut && arrive());
  }

  /** @param {string} type @param {object} fields */
  #fire(type, fields) {
    this.page.run(() => this.dispatchEvent(Object.assign(new Event(type), fields)));
  }
}
