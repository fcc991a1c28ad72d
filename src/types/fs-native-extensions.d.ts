// What we use of fs-native-extensions, which comes with Hypercore's storage: extended attributes of open files.

declare module 'fs-native-extensions' {
  /** Throws an Error with a `code`, for example `ENOTSUP`. */
  export function setAttrSync(fd: number, name: string, value: Uint8Array | string): void;
  /** Null when there is none. */
  export function getAttrSync(fd: number, name: string): Buffer | null;
}
