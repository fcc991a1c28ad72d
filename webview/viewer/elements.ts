// Small ways to make elements. Text is always text.

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  options: { className?: string; text?: string; label?: string; role?: string } = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (options.className !== undefined) made.className = options.className;
  if (options.text !== undefined) made.textContent = options.text;
  if (options.label !== undefined) made.setAttribute('aria-label', options.label);
  if (options.role !== undefined) made.setAttribute('role', options.role);
  made.append(...children);
  return made;
}

export function button(
  text: string,
  onClick: () => void,
  options: { isSecondary?: boolean; title?: string } = {},
): HTMLButtonElement {
  const made = element('button', { text, className: options.isSecondary === false ? '' : 'secondary' });
  made.type = 'button';
  if (options.title !== undefined) made.title = options.title;
  made.addEventListener('click', onClick);
  return made;
}
