// Worker: looks at own files one after another, for their type and how texts begin. Knows no index: it is told what each file must be.

import { realpathSync } from 'node:fs';
import { parentPort, type MessagePort } from 'node:worker_threads';
import { detailLimits } from '../../limits.ts';
import { typeOf } from './fileType.ts';
import { lookAt, type FileStamp } from './ownFile.ts';
import { previewOf } from './preview.ts';
import { typeByName } from './typeByName.ts';

export interface DescribeRequest {
  root: string;
  files: { path: string; sizeBytes: number; mtimeMs: number }[];
  /** False: nothing is opened. */
  isContentWanted: boolean;
}

export interface Described {
  stamp: FileStamp;
  mime: string | undefined;
  text: string | undefined;
}

export interface DescribeReply {
  /** The first of the files; undefined for one that is not what the index says. Fewer than asked when time was up. */
  described: (Described | undefined)[];
  /** The folder is not there. */
  isRootGone: boolean;
  tookMs: number;
}

function main(port: MessagePort): void {
  port.on('message', (request: DescribeRequest) => port.postMessage(describe(request)));
}

export function describe({ root, files, isContentWanted }: DescribeRequest): DescribeReply {
  const startedAt = performance.now();
  const described: (Described | undefined)[] = [];
  let isRootGone = false;
  try {
    const realRoot = realpathSync.native(root);
    // It was shared by its real path: a link in its place leads to what nobody shared.
    if (realRoot !== root) return { described, isRootGone: true, tookMs: performance.now() - startedAt };
    for (const file of files) {
      described.push(describeFile(realRoot, file, isContentWanted));
      if (performance.now() - startedAt > detailLimits.describeSliceMs) break;
    }
  } catch {
    isRootGone = true;
  }
  return { described, isRootGone, tookMs: performance.now() - startedAt };
}

function describeFile(realRoot: string, file: DescribeRequest['files'][number], isContentWanted: boolean): Described | undefined {
  const looked = lookAt(realRoot, file, { isContentWanted });
  if (looked === undefined) return undefined;
  const { stamp: stats, head } = looked;
  // Stats cannot be sent between threads as they are.
  const stamp = { size: stats.size, mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs };
  if (!isContentWanted) return { stamp, mime: undefined, text: undefined };
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (head === undefined) return { stamp, mime: typeByName(name) ?? 'application/octet-stream', text: undefined };
  const isWhole = head.length === file.sizeBytes;
  const mime = typeOf(head, name, { isWhole });
  return { stamp, mime, text: previewOf(head, mime, { isWhole }) };
}

if (parentPort !== null) main(parentPort);
