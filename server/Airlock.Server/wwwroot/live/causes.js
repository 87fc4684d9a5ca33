// The hand-written words come as Markdown, which can be read as it is; here it is made to look like what it means.

import { renderMarkdown } from '../markdownView.js';

for (const words of document.querySelectorAll('[data-markdown]')) {
  words.replaceChildren(...renderMarkdown(words.textContent ?? ''));
  words.setAttribute('data-shown', '');
}
