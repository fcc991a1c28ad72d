// A small file: whole from one source, in memory, verified before anything is written. Its leaves are not kept by owners, so its root alone
// says whether it is right.

import type { AppError } from '../../../../protocol/errors.ts';
import { asAppError } from '../../../../protocol/errors.ts';
import { localLimits, wireLimits } from '../../../limits.ts';
import { emptyRoot, hashLeaves, rootOfLeaves } from '../../content/merkle.ts';
import { badContent, peerGone } from '../../failures.ts';
import { Patience } from '../../waiting.ts';
import { sameBytes } from './content.ts';
import type { Holder, Received, ReceiveOptions } from './contract.ts';
import { checkedHead } from './head.ts';
import type { Tally } from './tally.ts';

/** Content up to this is received in memory. */
export const smallBytes = localLimits.inlineHashBytes;

interface Small {
  content: Buffer;
  root: Uint8Array;
  mtimeMs: number;
}

/** Undefined when the file is not small any more. Rejects as `receiveFile`. */
export async function receiveSmall(
  options: ReceiveOptions,
  { tallyOf, report }: { tallyOf: (source: Holder['source']) => Tally; report: (bytes: number) => void },
): Promise<Received | undefined> {
  const { wanted, disk, partialPath, sources } = options;
  const { entry } = wanted;
  const owner = sources.owner(entry.peerId);
  const holders: Holder[] = owner
    ? [{ source: owner, at: { owner: entry.peerId, shareId: entry.shareId, path: entry.path } }]
    : [];
  let failure: AppError | undefined;
  let root = wanted.root;
  let isLooked = false;
  for (let tries = 0; ; tries++) {
    const holder = holders.shift();
    if (holder === undefined) {
      if (isLooked || !wanted.root) throw failure ?? peerGone(entry.peerId);
      isLooked = true;
      holders.push(...(await sources.others(entry, wanted.root).catch(() => [])));
      continue;
    }
    const tally = tallyOf(holder.source);
    let small: Small | undefined;
    try {
      small = await take(options, holder, { root, tally });
    } catch (thrown) {
      const failed = asAppError(thrown);
      if (options.signal.aborted || failed.kind === 'disk-full' || failed.kind === 'too-large') throw failed;
      tally.failed(failed, tally.epoch);
      failure ??= failed;
      const isOwner = holder.source === owner;
      // What the index said of it is old, the link broke, or it changed while it was read: once more.
      if (isOwner && failed.kind === 'changed' && root) holders.unshift(holder);
      else if (isOwner && tries < 2 && (failed.kind === 'changed' || failed.kind === 'unavailable')) holders.unshift(holder);
      if (isOwner && failed.kind === 'changed') root = undefined;
      if (failed.kind === 'verification-failed') options.onExtra?.(tally.receivedBytes);
      continue;
    }
    if (small === undefined) return undefined;
    const partial = await disk.openPartial({ path: partialPath, sizeBytes: small.content.length });
    try {
      if (partial.have.count > 0) await partial.forget(0, partial.leafCount);
      if (small.content.length > 0) await partial.write(0, [small.content]);
      await partial.finish({ mtimeMs: small.mtimeMs, root: small.root });
    } finally {
      await partial.close();
    }
    report(small.content.length);
    return { root: small.root, sizeBytes: small.content.length, mtimeMs: small.mtimeMs };
  }
}

async function take(
  options: ReceiveOptions,
  { source, at }: Holder,
  { root, tally }: { root: Uint8Array | undefined; tally: Tally },
): Promise<Small | undefined> {
  const { entry } = options.wanted;
  const { path } = entry;
  const abort = new AbortController();
  const stop = () => abort.abort();
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  const waiting = { source, path, signal: abort.signal };
  const patience = new Patience(options.stallMs ?? wireLimits.headMs, waiting);
  const stall = new Patience(options.stallMs ?? wireLimits.creditStallMs, waiting);
  try {
    const onPosition = (position: number) => {
      patience.refresh();
      tally.position = position;
    };
    const request = {
      shareId: at.shareId,
      path: at.path,
      offset: 0,
      length: smallBytes,
      needsRoot: false,
      ...(root ? { root } : {}),
      ...(at.owner === source.peerId ? {} : { owner: at.owner }),
    };
    // A peer without versions tells the root after the last byte of the whole.
    const asked = source.understands('versions') ? request : { ...request, length: undefined };
    const { length, ...rest } = asked;
    const reply = await patience.wait(
      source.read(length === undefined ? rest : { ...rest, length }, { signal: abort.signal, onPosition }),
    );
    patience.end();
    tally.heard();
    const { sizeBytes, mtimeMs } = checkedHead(source, path, reply);
    // It may be too large for whoever wants it.
    options.onHead?.({ sizeBytes, mtimeMs });
    if (sizeBytes > smallBytes) return undefined;
    if (root && reply.root && !sameBytes(root, reply.root))
      throw badContent(source.peerId, path, 'is another file there than was said');
    const content = Buffer.allocUnsafeSlow(sizeBytes);
    let at0 = 0;
    const iterator = reply.bytes[Symbol.asyncIterator]();
    for (;;) {
      const next = await stall.wait(iterator.next());
      if (next.done === true) break;
      if (at0 + next.value.length > content.length) throw badContent(source.peerId, path, 'is longer than its owner said');
      if (options.rate.isLimited) await options.rate.take(next.value.length, { signal: abort.signal, key: source.peerId });
      content.set(next.value, at0);
      at0 += next.value.length;
    }
    if (at0 < content.length) throw badContent(source.peerId, path, 'is shorter than its owner said');
    const sent = await stall.wait(reply.end());
    tally.received(at0);
    const hashed = sizeBytes === 0 ? emptyRoot : rootOfLeaves(hashLeaves(content));
    const claims = [root, reply.root, sent].filter((claim) => claim !== undefined);
    if (claims.length === 0 && reply.version === undefined) throw badContent(source.peerId, path, 'came without a checksum');
    if (!claims.every((claim) => sameBytes(claim, hashed))) throw badContent(source.peerId, path, 'does not match its checksum');
    return { content, root: hashed, mtimeMs };
  } finally {
    options.signal.removeEventListener('abort', stop);
    abort.abort(); // ends whatever the source still does for us
    patience.end();
    stall.end();
  }
}
