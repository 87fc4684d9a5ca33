// Light, dark, or as the system has it. Not a module: it runs before anything is painted.

(() => {
  const KEY = 'airlock-page-theme';
  const system = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const current = () => root.dataset['theme'] ?? (system.matches ? 'dark' : 'light');
  const stored = chosen();
  if (stored === 'light' || stored === 'dark') root.dataset['theme'] = stored;

  addEventListener('DOMContentLoaded', () => {
    const button = document.querySelector('#theme');
    const label = () => button?.setAttribute('aria-label', `Switch to ${current() === 'dark' ? 'light' : 'dark'} colours`);
    button?.addEventListener('click', () => {
      root.dataset['theme'] = current() === 'dark' ? 'light' : 'dark';
      try {
        localStorage.setItem(KEY, root.dataset['theme'] ?? '');
      } catch {
        // Without a storage the choice lasts as long as the page.
      }
      label();
    });
    system.addEventListener('change', label);
    label();
  });
})();
