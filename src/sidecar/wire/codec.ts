// What peers' messages look like in bytes (compact-encoding), with every limit enforced while decoding: a decoder allocates
// nothing that was not there to read. Knows no streams. The byte layout is specified in docs/wire-protocol.md.

import c from 'compact-encoding';
import type { Encoding, State } from 'protomux';
import { AppError } from '../../protocol/errors.ts';
import type { PartyId, PeerId, ShareId } from '../../protocol/ids.ts';
import { decode as decodeZ32, encode as encodeZ32 } from 'z32';
import { indexLimits, transferLimits, wireLimits } from '../limits.ts';
import { protocolViolation } from './errors.ts';
import { inOwnBuffer, withOwnBuffer } from './ownBuffers.ts';
import type { HashesReply, HashesRequest, SignedAnnouncement } from './services.ts';

export interface HelloMessage {
  version: number;
  minVersion: number;
  capabilities: string[];
  nickname: string;
  agent: string;
  /** One MAC of 32 bytes for each party name that the sender knows: network/partyProof.ts. */
  proofs: Uint8Array[];
  /** Why it is here when no party is in common; 0 from older ones. See `intents`. */
  intents: number;
}

/** Bits of a hello's `intents`. */
export const intents = {
  /** It added us by our key: it waits to be accepted. */
  addedByKey: 1,
  /** It has an invite of ours. */
  invite: 2,
} as const;

export interface HeadMessage {
  sizeBytes: number;
  mtimeMs: number;
  root: Uint8Array | undefined;
  version: Uint8Array | undefined;
}

/** Everything about a request carries the id that the asking side gave it. */
export type ForRequest<T> = T & { requestId: number };
export interface ReadMessage {
  requestId: number;
  shareId: ShareId;
  path: string;
  offset: number;
  /** Undefined: to the end of the file. */
  length: number | undefined;
  needsRoot: boolean;
  root: Uint8Array | undefined;
  owner: PeerId | undefined;
}
export type DataMessage = ForRequest<{ bytes: Uint8Array }>;
export type RefusedMessage = ForRequest<{ code: number; reason: string }>;
export type EndMessage = ForRequest<{ root: Uint8Array | undefined }>;

const hashBytes = 32;
const signatureBytes = 64;
const shareIdBytes = 16;
const keyBytes = 32;
const versionBytes = 8;
const magic = Buffer.from('PTLK');
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Safe integers from 0. */
const uint = c.uint as Encoding<number>;

/** Doubles that are numbers: modification times, which may lie before 1970 and between milliseconds. */
export const time: Encoding<number> = {
  preencode: (state, value) => c.float64.preencode(state, value),
  encode: (state, value) => c.float64.encode(state, value),
  decode(state) {
    const value = c.float64.decode(state);
    if (!(Math.abs(value) <= indexLimits.mtimeMs)) throw protocolViolation('a time is out of range');
    return value;
  },
};

/** Exactly `size` bytes, without a length. */
function fixed(size: number): Encoding<Uint8Array> {
  return {
    preencode(state) {
      state.end += size;
    },
    encode(state, value) {
      if (value.byteLength !== size) throw new AppError('internal', `A field has ${size} bytes, not ${value.byteLength}.`);
      bufferOf(state).set(value, state.start);
      state.start += size;
    },
    decode: (state) => take(state, size),
  };
}

/** Length, then at most `maxBytes` bytes. */
function bytes(maxBytes: number): Encoding<Uint8Array> {
  return {
    preencode(state, value) {
      uint.preencode(state, value.byteLength);
      state.end += value.byteLength;
    },
    encode(state, value) {
      uint.encode(state, value.byteLength);
      bufferOf(state).set(value, state.start);
      state.start += value.byteLength;
    },
    decode(state) {
      const length = uint.decode(state);
      if (length > maxBytes) throw protocolViolation(`a field of ${length} bytes, at most ${maxBytes} are allowed`);
      return take(state, length);
    },
  };
}

/** UTF-8 with its length in bytes before it. */
function text(maxCharacters: number, maxBytes = maxCharacters * 4): Encoding<string> {
  const raw = bytes(maxBytes);
  return {
    preencode(state, value) {
      const length = Buffer.byteLength(value);
      uint.preencode(state, length);
      state.end += length;
    },
    encode: (state, value) => raw.encode(state, Buffer.from(value)),
    decode(state) {
      const value = decodeUtf8(raw.decode(state));
      // A character takes at most two UTF-16 units: only a long text needs to be counted.
      if (value.length > maxCharacters && [...value].length > maxCharacters) {
        throw protocolViolation(`a text of more than ${maxCharacters} characters`);
      }
      return value;
    },
  };
}

/** A count, then the items. The count is checked against its maximum before anything is read. */
function list<T>(item: Encoding<T>, max: number): Encoding<T[]> {
  return {
    preencode(state, values) {
      uint.preencode(state, values.length);
      for (const value of values) item.preencode(state, value);
    },
    encode(state, values) {
      uint.encode(state, values.length);
      for (const value of values) item.encode(state, value);
    },
    decode(state) {
      const count = uint.decode(state);
      if (count > max) throw protocolViolation(`a list of ${count} items, at most ${max} are allowed`);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(item.decode(state));
      return values;
    },
  };
}

/** One byte, 0 for undefined or 1 followed by the value. */
export function optional<T>(item: Encoding<T>): Encoding<T | undefined> {
  return {
    preencode(state, value) {
      state.end += 1;
      if (value !== undefined) item.preencode(state, value);
    },
    encode(state, value) {
      uint.encode(state, value === undefined ? 0 : 1);
      if (value !== undefined) item.encode(state, value);
    },
    decode: (state) => (flag.decode(state) ? item.decode(state) : undefined),
  };
}

/** One byte, 0 or 1. */
export const flag: Encoding<boolean> = {
  preencode(state) {
    state.end += 1;
  },
  encode: (state, value) => uint.encode(state, value ? 1 : 0),
  decode(state) {
    const value = take(state, 1)[0];
    if (value !== 0 && value !== 1) throw protocolViolation('a flag is neither 0 nor 1');
    return value === 1;
  },
};

export const hash = fixed(hashBytes);

/** Raw bytes on the wire, z-base-32 above. */
function id<T extends string>(size: number): Encoding<T> {
  return {
    preencode(state) {
      state.end += size;
    },
    encode(state, value) {
      const raw = decodeZ32(value);
      bufferOf(state).set(raw.subarray(0, size), state.start);
      state.start += size;
    },
    decode: (state) => encodeZ32(take(state, size)) as T,
  };
}

export const shareId: Encoding<ShareId> = id(shareIdBytes);
export const peerId: Encoding<PeerId> = id(keyBytes);
export const partyId: Encoding<PartyId> = id(keyBytes);

/** Fields in the order in which they are named; the key order of the object is the layout. */
export function record<T extends object>(fields: { [K in keyof T]-?: Encoding<T[K]> }): Encoding<T> {
  const entries = Object.entries(fields) as [keyof T, Encoding<T[keyof T]>][];
  return {
    preencode(state, value) {
      for (const [name, field] of entries) field.preencode(state, value[name]);
    },
    encode(state, value) {
      for (const [name, field] of entries) field.encode(state, value[name]);
    },
    decode(state) {
      const value: Partial<T> = {};
      for (const [name, field] of entries) value[name] = field.decode(state);
      return value as T;
    },
  };
}

const helloFields = record<Omit<HelloMessage, 'intents'>>({
  version: uint,
  minVersion: uint,
  capabilities: list(text(wireLimits.textCharacters), wireLimits.capabilities),
  nickname: text(wireLimits.textCharacters),
  agent: text(wireLimits.textCharacters),
  proofs: list(hash, wireLimits.partiesInHello),
});

const magicField = fixed(magic.length);

/** Begins with a magic word, so that a wrong protocol is told from a broken peer; what a newer version appends is skipped. */
export const hello: Encoding<HelloMessage> = {
  preencode(state, value) {
    magicField.preencode(state, magic);
    helloFields.preencode(state, value);
    uint.preencode(state, value.intents);
  },
  encode(state, value) {
    magicField.encode(state, magic);
    helloFields.encode(state, value);
    uint.encode(state, value.intents);
  },
  decode(state) {
    if (!magic.equals(magicField.decode(state))) throw protocolViolation('it does not speak Potluck');
    const value = helloFields.decode(state);
    const said = state.start < state.end ? uint.decode(state) : 0;
    state.start = state.end;
    return { ...value, intents: said };
  },
};

/** An announcement's body is bounded here and decoded, once its signature holds, in announcement.ts. */
export const announcement = record<SignedAnnouncement>({ body: bytes(1024), signature: fixed(signatureBytes) });
export const removal = record<SignedAnnouncement>({ body: bytes(256), signature: fixed(signatureBytes) });
export const announcements: Encoding<SignedAnnouncement[]> = list(announcement, wireLimits.sharesPerPeer);

export const ping: Encoding<number> = uint;

export const requestId = uint;

export const path = text(indexLimits.pathBytes, indexLimits.pathBytes);

export const readRequest = record<ReadMessage>({
  requestId,
  shareId,
  path,
  offset: uint,
  length: optional(uint),
  needsRoot: flag,
  root: optional(hash),
  owner: optional(peerId),
});

export const head = record<ForRequest<HeadMessage>>({
  requestId,
  sizeBytes: uint,
  mtimeMs: time,
  root: optional(hash),
  version: optional(fixed(versionBytes)),
});

/** Most of what is sent and received: written out, and its bytes get a buffer of their own where that costs no copy of a whole slice. */
export function dataOf(sliceBytes: number): Encoding<DataMessage> {
  const slice = bytes(sliceBytes);
  return {
    preencode(state, message) {
      uint.preencode(state, message.requestId);
      slice.preencode(state, message.bytes);
    },
    encode(state, message) {
      uint.encode(state, message.requestId);
      slice.encode(state, message.bytes);
    },
    decode(state) {
      const frame = bufferOf(state);
      const id = uint.decode(state);
      const view = slice.decode(state);
      return { requestId: id, bytes: isAlone(frame) ? withOwnBuffer(view) : inOwnBuffer(view) };
    },
  };
}

export const data = dataOf(wireLimits.sliceBytes);
export const linkData = dataOf(wireLimits.linkSliceBytes);
export const end = record<EndMessage>({ requestId, root: optional(hash) });
export const hashesRequest = record<ForRequest<HashesRequest>>({ requestId, root: hash, first: uint, count: uint });

export const hashesReply = record<ForRequest<HashesReply>>({
  requestId,
  leaves: list(hash, wireLimits.leavesInReply),
  uncles: list(hash, wireLimits.unclesInReply),
});

export const credit = record<ForRequest<{ bytes: number }>>({ requestId, bytes: uint });
export const cancel = record<{ requestId: number }>({ requestId });
export const refused = record<RefusedMessage>({ requestId, code: uint, reason: text(transferLimits.reasonCharacters) });
/** `position` in the queue, 0 when it is being worked on. */
export const working = record<ForRequest<{ position: number }>>({ requestId, position: uint });

/** The same encoding for one whole message: refuses what is larger than `maxBytes` before decoding, and bytes left over after it. */
export function wholeMessage<T>(encoding: Encoding<T>, maxBytes: number): Encoding<T> {
  return {
    preencode: (state, value) => encoding.preencode(state, value),
    encode: (state, value) => encoding.encode(state, value),
    decode(state) {
      const size = state.end - state.start;
      if (size > maxBytes) throw protocolViolation(`a message of ${size} bytes, at most ${maxBytes} are allowed`);
      const value = encoding.decode(state);
      if (state.start !== state.end) throw protocolViolation('a message is longer than its content');
      return value;
    },
  };
}

/** The bytes of one value. */
export function encodeWhole<T>(encoding: Encoding<T>, value: T): Uint8Array {
  const state: State = { start: 0, end: 0, buffer: null };
  encoding.preencode(state, value);
  state.buffer = Buffer.alloc(state.end);
  encoding.encode(state, value);
  return state.buffer;
}

/** The value of exactly these bytes. Throws AppError `protocol`. */
export function decodeWhole<T>(encoding: Encoding<T>, buffer: Uint8Array): T {
  try {
    return wholeMessage(encoding, buffer.byteLength).decode({ start: 0, end: buffer.byteLength, buffer });
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    throw protocolViolation('a message ends too early'); // compact-encoding says so with a plain Error.
  }
}

export { bytes, fixed, list, text, uint };

/**
 * Whether a frame has an ArrayBuffer of its own and one message: protomux puts channel 0 before several. Streams keep up to 4 bytes before and 16
 * after a frame for themselves (length, tag, MAC); less than that is no room for another frame.
 */
function isAlone(frame: Uint8Array): boolean {
  const after = frame.buffer.byteLength - frame.byteOffset - frame.byteLength;
  return frame[0] !== 0 && frame.byteOffset <= 4 && after <= 16;
}

function take(state: State, size: number): Uint8Array {
  if (state.end - state.start < size) throw protocolViolation('a message ends too early');
  const start = state.start;
  state.start += size;
  return bufferOf(state).subarray(start, state.start);
}

function bufferOf(state: State): Uint8Array {
  if (!state.buffer) throw new AppError('internal', 'A message was encoded without a buffer.');
  return state.buffer;
}

function decodeUtf8(raw: Uint8Array): string {
  try {
    return utf8.decode(raw);
  } catch {
    throw protocolViolation('a text is not UTF-8');
  }
}
