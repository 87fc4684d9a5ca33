// The page's few pictures: strokes on a 24 by 24 grid. They say nothing that the text beside them does not say.

const PATHS = Object.freeze({
  send: 'M12 19V5M5 12l7-7 7 7',
  stop: 'M7 7h10v10H7z',
  clip: 'M21 11.5l-8.6 8.6a5.5 5.5 0 0 1-7.8-7.8l8.9-8.8a3.7 3.7 0 0 1 5.2 5.2l-8.8 8.8a1.8 1.8 0 0 1-2.6-2.6l8-8',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  cut: 'M4 12h5M15 12h5M10 8l1.5 2.5M14 16l-1.5-2.5',
  pause: 'M9 6v12M15 6v12',
  tab: 'M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5',
  down: 'M12 5v14M5 12l7 7 7-7',
  tool: 'M14.5 6.5a4 4 0 0 1 5-1l-2.7 2.7 1.9 1.9 2.7-2.7a4 4 0 0 1-5.6 4.8L8.2 19.8a2 2 0 0 1-2.9-2.9l7.6-7.6a4 4 0 0 1 1.6-2.8z',
  thought: 'M4 12h.01M9 12h.01M14 12h.01M19 12h.01',
  start: 'M8 5l11 7-11 7z',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  again: 'M4 12a8 8 0 0 1 14-5.3L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.3L4 15M4 20v-5h5',
  file: 'M7 3h7l5 5v13H7zM14 3v5h5',
});

/** @typedef {keyof typeof PATHS} IconName */

const SVG = 'http://www.w3.org/2000/svg';

/** @param {IconName} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', class: `icon icon-${name}`, 'aria-hidden': 'true', focusable: 'false' })) svg.setAttribute(key, value);
  svg.append(path);
  return svg;
}
