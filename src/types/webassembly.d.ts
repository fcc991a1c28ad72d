// WebAssembly as far as we use it: Node has it, @types/node leaves it to the DOM's declarations.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }

  class Memory {
    readonly buffer: ArrayBuffer;
    /** By so many pages of 64 KiB; `buffer` is another one then. */
    grow(pages: number): number;
  }

  class Instance {
    constructor(module: Module, imports: object);
    readonly exports: Record<string, unknown>;
  }
}
