// What peers sign begins with a version: so the bodies may grow, and older ones still check the signature over all of it.

import type { Encoding } from 'protomux';
import { uint } from './codec.ts';
import { protocolViolation } from './errors.ts';

const bodyVersion = 1;

/** A version, then the fields; what a newer version appends is skipped by older ones, and still signed. */
export function versioned<T>(content: Encoding<T>): Encoding<T> {
  return {
    preencode(state, value) {
      uint.preencode(state, bodyVersion);
      content.preencode(state, value);
    },
    encode(state, value) {
      uint.encode(state, bodyVersion);
      content.encode(state, value);
    },
    decode(state) {
      if (uint.decode(state) < bodyVersion) throw protocolViolation('what its owner signed has version 0');
      const value = content.decode(state);
      state.start = state.end;
      return value;
    },
  };
}
