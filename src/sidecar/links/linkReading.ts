// A link as somebody gave it, text or a file on this disk, to what it says: link file, torrent or magnet. Touches no network; reads only the file that
// is named, to a limit. Remembers torrents, so that their magnets are understood later.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError } from '../../protocol/errors.ts';
import { parseLinkFile } from '../../protocol/linkFile.ts';
import type { LinkContents, LinkForm, LinkSource, LinkSummary } from '../../protocol/links.ts';
import { isMagnet, readMagnet } from '../../protocol/magnet.ts';
import { readTorrent } from '../../protocol/torrentFile.ts';
import { contentLinkLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import { packLink, unpackLink } from './packing.ts';

export interface ReadLink {
  form: LinkForm;
  title: string;
  /** Undefined for a magnet that names its files to nobody here. */
  link: LinkContents | undefined;
  infoHash?: string;
  sizeBytes?: number;
  warnings: string[];
}

/** `d8:announce…`: what a torrent begins with, and no JSON. */
const torrentStart = /^d\d{1,6}:/;

export class LinkReading {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Rejects with `invalid-argument` (what is wrong, and where), `too-large`, `not-found`, `io`. */
  async read(source: LinkSource): Promise<ReadLink> {
    if ('text' in source) return this.#ofText(source.text);
    const bytes = await readWhole(source.path);
    if (torrentStart.test(bytes.toString('latin1', 0, 9))) return this.#ofTorrent(bytes);
    return this.#ofText(utf8(bytes, source.path));
  }

  /** As `read`, of what has files: `not-found` for a magnet that names none. */
  async readWhole(source: LinkSource): Promise<ReadLink & { link: LinkContents }> {
    const read = await this.read(source);
    if (read.link === undefined) throw namesNoFiles();
    return { ...read, link: read.link };
  }

  /** A magnet with this info hash leads to this link from now on. */
  remember(infoHash: string, link: LinkContents): void {
    const body = packLink(link);
    if (body.length > contentLinkLimits.knownTorrentBytes) return;
    this.#database.transaction(() => {
      this.#database.run(
        'INSERT OR REPLACE INTO knownTorrent (infoHash, body, addedAtMs) VALUES (:infoHash, :body, :addedAtMs)',
        { infoHash, body, addedAtMs: Date.now() },
      );
      this.#database.run(
        'DELETE FROM knownTorrent WHERE infoHash NOT IN (SELECT infoHash FROM knownTorrent ORDER BY addedAtMs DESC, infoHash LIMIT :most)',
        { most: contentLinkLimits.knownTorrents },
      );
    });
  }

  #ofText(text: string): ReadLink {
    if (isMagnet(text)) return this.#ofMagnet(text);
    const { link, warnings } = parseLinkFile(text);
    return { form: 'link', title: link.title, link, warnings };
  }

  #ofTorrent(bytes: Uint8Array): ReadLink {
    const { link, infoHash, warnings } = readTorrent(bytes);
    return { form: 'torrent', title: link.title, link, infoHash, warnings };
  }

  #ofMagnet(text: string): ReadLink {
    const { infoHash, title, sizeBytes, link } = readMagnet(text);
    const found = link ?? this.#known(infoHash);
    return {
      form: 'magnet',
      title: title ?? found?.title ?? 'Untitled',
      link: found,
      infoHash,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      warnings: found === undefined ? [namesNoFiles().message] : [],
    };
  }

  #known(infoHash: string): LinkContents | undefined {
    const row = this.#database.get<{ body: Uint8Array }>('SELECT body FROM knownTorrent WHERE infoHash = :infoHash', {
      infoHash,
    });
    return row && unpackLink(row.body);
  }
}

/** As clients are told. */
export function summaryOf({ form, title, link, infoHash, sizeBytes, warnings }: ReadLink): LinkSummary {
  return {
    form,
    title,
    kind: link?.kind ?? 'folder',
    fileCount: link?.files.length ?? 0,
    totalBytes: link?.files.reduce((total, file) => total + file.sizeBytes, 0) ?? sizeBytes ?? 0,
    ...(link?.creator === undefined ? {} : { creator: link.creator }),
    hints: link?.hints ?? { entries: [], parties: [] },
    ...(infoHash === undefined ? {} : { infoHash }),
    isComplete: link !== undefined,
    warnings,
  };
}

/** A regular file, whole, to the limit. Pipes and devices are not waited for. */
async function readWhole(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error: unknown) => {
    throw notReadable(file, error);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new AppError('invalid-argument', `${file} is no file. Give a .p2p or .torrent file.`);
    if (stats.size > contentLinkLimits.torrentBytes) throw tooLarge(file, stats.size);
    const bytes = Buffer.alloc(stats.size);
    let got = 0;
    while (got < bytes.length) {
      const { bytesRead } = await handle.read(bytes, got, bytes.length - got, got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return bytes.subarray(0, got);
  } catch (error) {
    throw error instanceof AppError ? error : notReadable(file, error);
  } finally {
    await handle.close();
  }
}

function utf8(bytes: Buffer, file: string): string {
  if (bytes.length > contentLinkLimits.linkBytes) throw tooLarge(file, bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new AppError(
      'invalid-argument',
      `${file} is neither a link file nor a torrent: it is not text, and does not begin as one.`,
    );
  }
}

function notReadable(file: string, error: unknown): AppError {
  const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const reason = error instanceof Error ? error.message : String(error);
  return isGone
    ? new AppError('not-found', `There is no ${file}.`, { data: { path: file } })
    : new AppError('io', `${file} could not be read: ${reason}.`, { data: { path: file }, cause: error });
}

function tooLarge(file: string, sizeBytes: number): AppError {
  return new AppError('too-large', `${file} is too large for a link.`, {
    data: { path: file, sizeBytes, limitBytes: contentLinkLimits.torrentBytes },
  });
}

function namesNoFiles(): AppError {
  return new AppError(
    'not-found',
    'This magnet names a torrent that was never seen here, so its files are not known. Open its .torrent or .p2p file instead.',
  );
}
