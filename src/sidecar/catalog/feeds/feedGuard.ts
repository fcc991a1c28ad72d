// Limits that Hypercore lacks, put around the inner core of every feed: what a peer may make it store, remember and work on; and who is
// to blame for what. Overrides undocumented methods of hypercore 11.37.1 (lib/replicator.js, lib/core.js): it has no other place to hold
// on to. Knows nothing of what blocks hold.

import type Hypercore from 'hypercore';
import type { InnerCore, ReplicationPeer } from 'hypercore';
import { AppError } from '../../../protocol/errors.ts';
import { catalogLimits, indexLimits } from '../../limits.ts';
import { asDiskFull, reasonsOf } from './diskFull.ts';

/** What Hypercore's block encryption puts before each block. */
const blockPaddingBytes = 8;

/** Codes of hypercore-errors that say that what a peer sent is wrong. */
const wrongCodes = new Set(['INVALID_CHECKSUM', 'INVALID_SIGNATURE', 'INVALID_PROOF', 'INVALID_OPERATION', 'DECODING_ERROR']);

/**
 * Sessions of a guarded core are told `refused` (error, muxer) of a block that is too large, and `unwritten` (error) when this disk
 * refuses one.
 */
export class FeedGuard {
  readonly #onUnwritten: (error: AppError) => void;
  /** Sessions of the cores that are guarded already. */
  readonly #guarded = new WeakMap<object, Set<Hypercore>>();

  /** `onUnwritten`: a block could not be kept on this disk. */
  constructor(onUnwritten: (error: AppError) => void) {
    this.#onUnwritten = onUnwritten;
  }

  guard(core: Hypercore): void {
    const inner = core.core;
    if (inner === null) return;
    const known = this.#guarded.get(inner);
    const sessions = known ?? new Set();
    sessions.add(core);
    core.once('close', () => sessions.delete(core));
    if (known !== undefined) return;
    this.#guarded.set(inner, sessions);
    const verify = inner.verify.bind(inner);
    inner.verify = async (proof, from) => {
      this.#checkSize(proof.block?.value?.length ?? 0, from, sessions);
      try {
        return await verify(proof, from);
      } catch (thrown) {
        const error = harmless(thrown);
        if (isWrong(error) || inner.closing !== null) throw error;
        // Not the peer's fault. Told to the readers; Hypercore would never ask this peer again.
        for (const session of sessions) session.emit('unwritten', unwritten(error));
        this.#onUnwritten(unwritten(error));
        setImmediate(() => (from.paused = false));
        throw error;
      }
    };
    const verifyReorg = inner.verifyReorg.bind(inner);
    inner.verifyReorg = async (proof) => {
      const batch = await verifyReorg(proof).catch((thrown: unknown) => {
        throw harmless(thrown);
      });
      const update = batch.update.bind(batch);
      batch.update = async (more) => {
        try {
          return await update(more);
        } catch (thrown) {
          throw harmless(thrown);
        }
      };
      return batch;
    };
    const { replicator } = inner;
    const suspects = new Map<ReplicationPeer, () => void>();
    const invalidData = replicator._oninvaliddata.bind(replicator);
    replicator._oninvaliddata = (error, request, data, from) => {
      invalidData(error, request, data, from);
      if (isWrong(error)) suspect(inner, from, error, suspects);
    };
    const checkConflict = inner.checkConflict.bind(inner);
    inner.checkConflict = async (proof, from) => {
      try {
        return await checkConflict(proof, from);
      } finally {
        suspects.get(from)?.();
      }
    };
    const addPeer = replicator._addPeer.bind(replicator);
    replicator._addPeer = (peer) => {
      boundPlaces(peer);
      boundRequests(peer);
      addPeer(peer);
    };
  }

  /** Hypercore stores any block up to the transport's 16 MB, and as many as were asked for. Every received proof passes here first. */
  #checkSize(sizeBytes: number, from: ReplicationPeer, sessions: ReadonlySet<Hypercore>): void {
    if (sizeBytes <= indexLimits.blockBytes + blockPaddingBytes) return;
    const error = new AppError(
      'protocol',
      `A feed block of ${sizeBytes} bytes was offered; at most ${indexLimits.blockBytes} are taken.`,
    );
    for (const session of sessions) session.emit('refused', error, from.protomux);
    endConnection(from, error);
    throw error;
  }
}

/**
 * A wrong proof comes from who made it up, or from an honest peer when the owner signed two histories. Hypercore now asks that peer for the
 * other signature; when it shows one, the core is frozen, and the owner is to blame.
 */
function suspect(inner: InnerCore, from: ReplicationPeer, error: unknown, suspects: Map<ReplicationPeer, () => void>): void {
  if (suspects.has(from)) return;
  const judge = (): void => {
    clearTimeout(timer);
    suspects.delete(from);
    if (inner.header.frozen) return;
    endConnection(from, new AppError('protocol', `It sent a block of a feed that its owner did not sign (${reasonsOf(error)}).`));
  };
  // Hypercore asks nothing when there is no history yet, or when the proof lacks what it builds on.
  const isPlain = inner.state.length === 0 || codeOf(error) === 'INVALID_OPERATION';
  const timer = setTimeout(judge, isPlain ? 0 : catalogLimits.feedVerdictMs).unref();
  suspects.set(from, judge);
}

/** As protomux does when a handler throws: a session's multiplexer says which peer it was, and why. */
function endConnection({ protomux }: ReplicationPeer, error: AppError): void {
  if (isMuxer(protomux)) protomux._safeDestroy(error);
}

function isMuxer(protomux: object): protomux is { _safeDestroy(error: unknown): void } {
  return '_safeDestroy' in protomux;
}

/**
 * Hypercore throws what looks like a mistake in its code once more, where nobody catches it, and a proof with too few nodes makes it do that:
 * a TypeError would end the process.
 */
function harmless(thrown: unknown): unknown {
  const isAssertion = codeOf(thrown) === 'ERR_ASSERTION';
  if (!isAssertion && !(thrown instanceof TypeError) && !(thrown instanceof RangeError)) return thrown;
  return new AppError('protocol', `It sent what no feed has (${reasonsOf(thrown)}).`, { cause: thrown });
}

function isWrong(error: unknown): boolean {
  if (error instanceof AppError) return true;
  return wrongCodes.has(codeOf(error));
}

/** `thrown` comes from RocksDB. */
function unwritten(thrown: unknown): AppError {
  const why = `An index could not be kept on this disk (${reasonsOf(thrown)}). It is tried again.`;
  return asDiskFull(thrown) ?? new AppError('io', why, { cause: thrown });
}

/**
 * Hypercore believes any place that a peer says it has, and makes bitfields up to there: one message could take all memory. Handlers are
 * called by name on the peer; what they throw ends its connection. Hypercore also forgets all that a peer has after blocks that it
 * drops, when it had said of all blocks from the start that they are there: a first rescan would not be fetched.
 */
function boundPlaces(peer: ReplicationPeer): void {
  const [onRange, onBitfield] = [peer.onrange.bind(peer), peer.onbitfield.bind(peer)];
  peer.onrange = (range) => {
    const end = range.start + range.length;
    checkPlaces(range.start, range.length);
    const known = peer._remoteContiguousLength;
    const heard = [onRange(range)];
    if (range.drop && range.start < known && end < known) heard.push(onRange({ drop: false, start: end, length: known - end }));
    return Promise.all(heard);
  };
  peer.onbitfield = (part) => {
    checkPlaces(part.start, part.bitfield.byteLength * 8);
    return onBitfield(part);
  };
}

function checkPlaces(start: number, length: number): void {
  if (start + length > indexLimits.feedBlocks)
    throw new AppError(
      'protocol',
      `The peer speaks of a feed of ${start + length} blocks; at most ${indexLimits.feedBlocks} are taken.`,
    );
}

/** Hypercore begins on every request at once, or queues it, however many there are; and it never forgets those it cannot answer. */
function boundRequests(peer: ReplicationPeer): void {
  const onRequest = peer.onrequest.bind(peer);
  peer.onrequest = (request) => {
    if (peer.remoteRequests.size >= catalogLimits.feedRequests)
      throw new AppError('protocol', `It asks for more than ${catalogLimits.feedRequests} blocks of a feed at once.`);
    if (request.seek) throw new AppError('protocol', 'It seeks in a feed, which no Potluck does.');
    return onRequest(request);
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
