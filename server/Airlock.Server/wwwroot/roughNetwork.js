// A network that can be cut and stalled by a button. It sits between the client and the browser's WebSocket:
//
//   const network = new RoughNetwork();
//   new AirlockClient('/chat', { WebSocket: network.WebSocket });
//
// cut:   nothing passes any more, and no new socket gets through until the given time is over. A browser cannot drop a TCP connection, it can only close one, and a
//        close is no cut: so somebody else drops it (the server, at the page's wish), and both ends see the transport lost. drop() is for when nobody does.
// stall: sockets stay open, but nothing passes in either direction until the stall is over. Then all of it passes, in order.

/** Dispatches `change` whenever it is cut, stalled or works again. */
export class RoughNetwork extends EventTarget {
  /** @type {'working' | 'cut' | 'stalled'} */
  #condition = 'working';
  #until = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Set<RoughSocket>} */
  #sockets = new Set();

  /** The class to give to the client. */
  get WebSocket() {
    const network = this;
    return class extends RoughSocket {
      /** @param {string} url @param {string[]} protocols */
      constructor(url, protocols) {
        super(network, url, protocols);
      }
    };
  }

  get condition() {
    return this.#condition;
  }

  /** When it works again by itself, milliseconds since 1970. */
  get until() {
    return this.#until;
  }

  /** @param {number} milliseconds how long no new socket gets through */
  cut(milliseconds) {
    for (const socket of this.#sockets) socket.mute();
    this.#enter('cut', milliseconds);
  }

  /** Ends every socket that was cut and is still there, as the page sees it. */
  drop() {
    for (const socket of [...this.#sockets]) if (socket.isMuted) socket.drop();
  }

  /** @param {number} milliseconds */
  stall(milliseconds) {
    this.#enter('stalled', milliseconds);
  }

  /** Ends a cut or a stall. */
  repair() {
    clearTimeout(this.#timer);
    this.#condition = 'working';
    this.drop();
    for (const socket of [...this.#sockets]) socket.release();
    this.dispatchEvent(new Event('change'));
  }

  /** @param {RoughSocket} socket */
  join(socket) {
    this.#sockets.add(socket);
  }

  /** @param {RoughSocket} socket */
  leave(socket) {
    this.#sockets.delete(socket);
  }

  /** @param {'cut' | 'stalled'} condition @param {number} milliseconds */
  #enter(condition, milliseconds) {
    clearTimeout(this.#timer);
    this.#condition = condition;
    this.#until = Date.now() + milliseconds;
    this.#timer = setTimeout(() => this.repair(), milliseconds);
    this.dispatchEvent(new Event('change'));
  }
}

/** As much of a WebSocket as the client uses. */
class RoughSocket extends EventTarget {
  #network;
  #url;
  #protocols;
  /** @type {WebSocket | null} */
  #socket = null;
  #over = false;
  /** Cut: nothing passes any more but the news that it has ended. */
  isMuted = false;
  /** What waits for the network, in order. @type {(() => void)[]} */
  #held = [];

  /** @param {RoughNetwork} network @param {string} url @param {string[]} protocols */
  constructor(network, url, protocols) {
    super();
    this.#network = network;
    this.#url = url;
    this.#protocols = protocols;
    network.join(this);
    this.#pass(() => this.#dial());
  }

  get protocol() {
    return this.#socket?.protocol ?? '';
  }

  /** @param {string} text */
  send(text) {
    this.#pass(() => {
      // A socket that closes takes nothing any more; what was not stored is sent again on the next.
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    });
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code, reason) {
    if (this.isMuted) this.drop();
    else if (this.#socket) this.#pass(() => this.#socket?.close(code, reason));
    else this.drop();
  }

  /** Nothing of what was on the way arrives. */
  mute() {
    if (!this.#socket) return;
    this.isMuted = true;
    this.#held = [];
  }

  /** Ends at once, as when the network is gone. */
  drop() {
    if (this.#over) return;
    this.#held = [];
    this.#end(new CloseEvent('close', { code: 1006, reason: '', wasClean: false }));
    this.#socket?.close();
  }

  /** The network works again: what waits passes. */
  release() {
    for (const action of this.#held.splice(0)) {
      if (!this.#over) action();
    }
  }

  #dial() {
    const socket = new WebSocket(this.#url, this.#protocols);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#pass(() => this.dispatchEvent(new Event('open'))));
    socket.addEventListener('message', ({ data }) => this.#pass(() => this.dispatchEvent(new MessageEvent('message', { data }))));
    socket.addEventListener('error', () => this.#pass(() => this.dispatchEvent(new Event('error'))));
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      const end = () => this.#end(new CloseEvent('close', { code, reason, wasClean }));
      if (this.isMuted) end();
      else this.#pass(end);
    });
  }

  /** @param {() => void} action */
  #pass(action) {
    if (this.#over || this.isMuted) return;
    if (this.#network.condition === 'working') action();
    else this.#held.push(action);
  }

  /** @param {CloseEvent} event */
  #end(event) {
    if (this.#over) return;
    this.#over = true;
    this.#network.leave(this);
    this.dispatchEvent(event);
  }
}
