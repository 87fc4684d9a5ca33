// Makes elements. Text is always set as text, never parsed as HTML.

/** @typedef {Node | string | null | false | undefined} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Properties */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Properties} [properties] attributes by their names (`true` sets an empty one; `false`, `null` leave it out); functions are listeners, named as their events
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else setAttribute(made, name, value);
  }
  made.append(...children.filter(isShown));
  return made;
}

/** @param {Element} target @param {string} name @param {string | number | boolean | null | undefined} value */
export function setAttribute(target, name, value) {
  if (value === false || value === null || value === undefined) target.removeAttribute(name);
  else if (target.getAttribute(name) !== String(value === true ? '' : value)) target.setAttribute(name, value === true ? '' : String(value));
}

/**
 * Sets the text if it is another one, so that selections and screen readers are left in peace.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * The one element of the page that a selector names.
 * @template {HTMLElement} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(selector, type) {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page lacks ${selector}.`);
  return found;
}

/** @param {Child} child @returns {child is Node | string} */
const isShown = (child) => child !== null && child !== false && child !== undefined;
