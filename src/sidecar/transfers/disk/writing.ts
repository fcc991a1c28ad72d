// Writing a whole block through a handle of the main thread's; what transfers write in quantity goes through the disk worker.

import type { FileHandle } from 'node:fs/promises';

/** Writes all of `block`. */
export async function writeAll(handle: FileHandle, block: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < block.length;) {
    const { bytesWritten } = await handle.write(block, at, block.length - at, position + at);
    at += bytesWritten;
  }
}
