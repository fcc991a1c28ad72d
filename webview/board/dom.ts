// Making elements: text is only ever set as text, so that no name can become markup.

type Attributes = Record<string, string>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options?: { class?: string; text?: string; attributes?: Attributes },
): HTMLElementTagNameMap[K];
export function make(tag: string, options?: { class?: string; text?: string; attributes?: Attributes }): HTMLElement;
export function make(tag: string, options: { class?: string; text?: string; attributes?: Attributes } = {}): HTMLElement {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  for (const [name, value] of Object.entries(options.attributes ?? {})) element.setAttribute(name, value);
  return element;
}

/** An element of the page that boardPage.ts made. Throws when it is not there: page and script are of different versions then. */
export function at(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no ${id}.`);
  return element;
}

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
