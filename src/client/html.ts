// Text in HTML: the one way in which anything that is not ours gets into a page or a picture.

/** Safe as the text of an element and as the value of a quoted attribute, and nowhere else. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
