// Making and finding elements, for all pages of ours: text is only ever set as text, so that no name can become markup.

type Attributes = Readonly<Record<string, string>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes?: Attributes,
  text?: string,
): HTMLElementTagNameMap[K];
export function element(tag: string, attributes?: Attributes, text?: string): HTMLElement;
export function element(tag: string, attributes: Attributes = {}, text = ''): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== '') made.textContent = text;
  return made;
}

/** An element of the page that our host made. Throws when it is not there: page and script are of different versions then. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}
