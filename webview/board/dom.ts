// What views of the board need of the page: text that changed, the theme's colours, and drawing once a frame.

/** Sets text only where it changed, so that nothing is laid out again for nothing. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The value of a theme colour, or the other one where the theme has none. */
export function color(name: string, otherwise: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(`--vscode-${name}`).trim();
  return value === '' ? otherwise : value;
}

export function isHighContrast(): boolean {
  return (
    document.body.classList.contains('vscode-high-contrast') || document.body.classList.contains('vscode-high-contrast-light')
  );
}

/** Calls it now and whenever the theme changes. */
export function onTheme(listener: () => void): void {
  listener();
  new MutationObserver(listener).observe(document.body, { attributeFilter: ['class', 'data-vscode-theme-id'] });
}

/** Draws at most once a frame, and not while the page is hidden. */
export function perFrame(draw: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      draw();
    });
  };
}
