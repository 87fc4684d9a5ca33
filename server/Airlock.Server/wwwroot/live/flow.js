// Where each dot is on its way: pure geometry and time, so that the picture only has to draw it.

/** @typedef {{ x: number, y: number, width: number, height: number }} Box */
/** @typedef {{ number: number, lane: number, slot: number, fromX: number, fromY: number, x: number, y: number, toX: number, toY: number, start: number, length: number, isLeaving: boolean }} Dot */

const SIZES = [11, 9, 8, 7.5, 7, 6.5, 6, 5.5, 5, 4.5, 4, 3.5, 3];
const JOURNEY = 750;
const SPREAD = 250;

/** Dots in boxes, one box a lane; each dot keeps its slot for as long as it stays. */
export class Flow {
  /** @type {Map<number, Dot>} */
  #dots = new Map();
  /** Which slots are taken, by lane. @type {Set<number>[]} */
  #taken = [];
  /** @type {Box[]} */
  #boxes = [];
  /** The size of a slot, by lane. @type {number[]} */
  #sizes = [];
  #width = 0;
  #epoch = 0;

  /** Every dot, those that leave included. */
  get dots() {
    return this.#dots.values();
  }

  /** @param {number} lane */
  sizeOf(lane) {
    return this.#sizes[lane] ?? 5;
  }

  /** The picture has another size: everything goes to its place at once. @param {readonly Box[]} boxes @param {number} width */
  resize(boxes, width) {
    this.#boxes = [...boxes];
    this.#width = width;
    this.#taken = boxes.map((_, lane) => this.#taken[lane] ?? new Set());
    this.#fit();
    for (const dot of this.#dots.values()) {
      if (dot.isLeaving) continue;
      this.#aim(dot);
      dot.x = dot.toX;
      dot.y = dot.toY;
      dot.length = 0;
    }
  }

  /**
   * Takes in where everybody is now.
   * @param {readonly number[]} numbers
   * @param {(place: number) => number} laneOf
   * @param {number} now
   */
  update(numbers, laneOf, now) {
    const isFirst = this.#epoch++ === 0;
    const present = new Set(numbers);
    for (const dot of this.#dots.values()) {
      if (present.has(dot.number) || dot.isLeaving) continue;
      this.#taken[dot.lane]?.delete(dot.slot);
      dot.isLeaving = true;
      this.#go(dot, this.#width + 24, dot.y + (dot.number % 7 - 3) * 6, now);
    }
    /** @type {Dot[]} */
    const moved = [];
    numbers.forEach((number, place) => {
      const lane = laneOf(place);
      const dot = this.#dots.get(number);
      if (dot && dot.lane === lane && !dot.isLeaving) return;
      if (dot) {
        this.#taken[dot.lane]?.delete(dot.slot);
        dot.lane = lane;
        dot.isLeaving = false;
        moved.push(dot);
      } else {
        const box = this.#boxes[0] ?? { x: 0, y: 0, width: 0, height: 40 };
        const y = box.y + box.height * ((number * 0.618) % 1);
        const made = { number, lane, slot: -1, fromX: -12, fromY: y, x: -12, y, toX: 0, toY: 0, start: now, length: 0, isLeaving: false };
        this.#dots.set(number, made);
        moved.push(made);
      }
    });
    for (const dot of moved) dot.slot = this.#freeSlot(dot.lane);
    const shrunk = this.#fit();
    for (const dot of this.#dots.values()) {
      if (dot.isLeaving || !(shrunk.has(dot.lane) || moved.includes(dot))) continue;
      const { x, y } = dot;
      this.#aim(dot);
      if (isFirst) {
        dot.x = dot.toX;
        dot.y = dot.toY;
        dot.length = 0;
      } else {
        dot.x = x;
        dot.y = y;
        this.#go(dot, dot.toX, dot.toY, now);
      }
    }
  }

  /** Moves everybody on. @param {number} now @returns {boolean} whether somebody is still on the way */
  step(now) {
    let isMoving = false;
    for (const dot of this.#dots.values()) {
      const part = dot.length === 0 ? 1 : Math.min(1, Math.max(0, (now - dot.start) / dot.length));
      const eased = part < 0.5 ? 4 * part ** 3 : 1 - (-2 * part + 2) ** 3 / 2;
      dot.x = dot.fromX + (dot.toX - dot.fromX) * eased;
      dot.y = dot.fromY + (dot.toY - dot.fromY) * eased;
      if (part < 1) isMoving = true;
      else if (dot.isLeaving) this.#dots.delete(dot.number);
      else dot.length = 0;
      if (part === 1) {
        dot.fromX = dot.toX;
        dot.fromY = dot.toY;
      }
    }
    return isMoving;
  }

  /** @param {Dot} dot @param {number} x @param {number} y @param {number} now */
  #go(dot, x, y, now) {
    dot.fromX = dot.x;
    dot.fromY = dot.y;
    dot.toX = x;
    dot.toY = y;
    dot.start = now + (dot.number * 0.618 % 1) * SPREAD;
    dot.length = JOURNEY;
  }

  /** @param {Dot} dot */
  #aim(dot) {
    const box = this.#boxes[dot.lane];
    const size = this.sizeOf(dot.lane);
    if (!box) return;
    const columns = Math.max(1, Math.floor(box.width / size));
    dot.toX = box.x + (dot.slot % columns + 0.5) * size;
    // What does not fit in the end lies on top of the last row.
    dot.toY = Math.min(box.y + box.height - size / 2, box.y + (Math.floor(dot.slot / columns) + 0.5) * size);
    dot.fromX = dot.toX;
    dot.fromY = dot.toY;
  }

  /** @param {number} lane */
  #freeSlot(lane) {
    const taken = this.#taken[lane] ?? (this.#taken[lane] = new Set());
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    taken.add(slot);
    return slot;
  }

  /** Chooses the sizes. @returns {Set<number>} the lanes whose size has changed */
  #fit() {
    const changed = new Set();
    this.#boxes.forEach((box, lane) => {
      const highest = Math.max(0, ...(this.#taken[lane] ?? []));
      const fits = (/** @type {number} */ size) => Math.floor(box.width / size) * Math.floor(box.height / size) > highest;
      const size = SIZES.find(fits) ?? 3;
      // Growing waits until there is room to spare, or a few that come and go would move everybody.
      const current = this.#sizes[lane];
      const next = current !== undefined && size > current && !(Math.floor(box.width / size) * Math.floor(box.height / size) > highest * 1.25 + 2) ? current : size;
      if (next === current) return;
      this.#sizes[lane] = next;
      changed.add(lane);
    });
    return changed;
  }
}
