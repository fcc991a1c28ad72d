// Sentences of the page, in the user's language: the host sends them, this keeps them.

let texts: Readonly<Record<string, string>> = {};

export function setTexts(given: Readonly<Record<string, string>>): void {
  texts = given;
}

/** The sentence that the host has under this name; `{0}` … stand for the arguments. */
export function text(name: string, ...args: (string | number)[]): string {
  const sentence = Object.hasOwn(texts, name) ? (texts[name] ?? '') : '';
  return sentence.replace(/\{(\d)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));
}
