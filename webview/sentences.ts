// Sentences with places for what is filled in, as hosts send them to their pages.

/** Puts the arguments where the sentence has `{0}` …; a number without an argument stays as it is. */
export function fill(sentence: string, ...args: readonly (string | number)[]): string {
  return sentence.replace(/\{(\d)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));
}
