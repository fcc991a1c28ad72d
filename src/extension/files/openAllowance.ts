// Files that a person chose to open although they are above the size setting. Kept for the window's lifetime only.
// Must not know `vscode`.

import type { EntryRef } from '../../protocol/model.ts';
import { limits } from '../limits.ts';

export interface OpenAllowance {
  /** Opening this entry is fine up to the hard cap. */
  allow(entry: EntryRef): void;
  /** Bytes up to which it may be opened. */
  maxBytes(entry: EntryRef, settingBytes: number): number;
}

const maxAllowed = 1_000;

export function createOpenAllowance(): OpenAllowance {
  const allowed = new Set<string>();
  const keyOf = (entry: EntryRef): string => `${entry.peerId}/${entry.shareId}/${entry.path}`;
  return {
    allow(entry) {
      const oldest = allowed.values().next();
      if (allowed.size >= maxAllowed && oldest.done !== true) allowed.delete(oldest.value);
      allowed.add(keyOf(entry));
    },
    maxBytes(entry, settingBytes) {
      return allowed.has(keyOf(entry)) ? limits.openHardCapBytes : Math.min(settingBytes, limits.openHardCapBytes);
    },
  };
}
