// What the browser lets the page keep. It may be full, and it may be forbidden (then even to ask for it throws): what would have been kept is lost with the page, and nothing else breaks.

/** In place of a storage that is forbidden: holds nothing, and says so like one that is full. @type {Storage} */
const NOTHING = {
  length: 0,
  key: () => null,
  getItem: () => null,
  setItem() { throw new DOMException('The browser forbids to store anything.', 'SecurityError'); },
  removeItem() { /* There is nothing. */ },
  clear() { /* There is nothing. */ },
};

/** @param {() => Storage} open */
function storageOf(open) {
  try {
    return open();
  } catch {
    return NOTHING;
  }
}

/** Of this tab, for a reload. */
export const tabStorage = storageOf(() => sessionStorage);

/** Of this browser. */
export const browserStorage = storageOf(() => localStorage);

/** Keeps what is a convenience: without it nobody is told. @param {Storage} storage @param {string} key @param {string} value */
export function keep(storage, key, value) {
  try {
    storage.setItem(key, value);
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
}
