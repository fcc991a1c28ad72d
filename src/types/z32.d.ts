// What we use of z32 1.1.0, which has no types of its own.

declare module 'z32' {
  export function encode(bytes: Uint8Array): string;
  /** Throws on a character outside the alphabet. */
  export function decode(text: string): Buffer;
}
