// Requests about links to contents: made of entries, read, looked for, downloaded, compared, written in other forms.

import { lineProblem, linkFileLimits } from '../../protocol/linkFile.ts';
import type { LinkEntry, LinkForm, LinkSource, LinkStatus, LinkSummary, LinkVerification } from '../../protocol/links.ts';
import type { ConflictPolicy, DownloadInfo, EntryRef, Priority } from '../../protocol/model.ts';
import { contentLinkLimits, indexLimits } from '../limits.ts';
import type { Handler } from './handlers.ts';
import {
  absolutePathField,
  entryField,
  type Fields,
  flagField,
  invalid,
  optionalTextField,
  textField,
  wholeField,
  wordField,
} from './params.ts';
import { progressOf } from './progress.ts';
import { conflicts, priorities } from './words.ts';

interface Signalled {
  signal: AbortSignal;
}

interface Watched extends Signalled {
  onProgress(done: number, total: number): void;
}

export interface LinkFileParts {
  create(
    wish: { entry: EntryRef; title?: string; creator?: string; parties?: string[]; hasPlace: boolean; isAnnounced: boolean },
    options: Watched,
  ): Promise<{ text: string; summary: LinkSummary }>;
  inspect(source: LinkSource, page: { offset: number; limit: number }): Promise<{ summary: LinkSummary; files: LinkEntry[] }>;
  status(source: LinkSource, options: Signalled & { offset: number; limit: number }): Promise<LinkStatus>;
  download(
    source: LinkSource,
    wanted: { paths?: readonly string[]; folder?: string; conflict?: ConflictPolicy; priority?: Priority; isPaused?: boolean },
  ): Promise<DownloadInfo>;
  verify(source: LinkSource, folder: string, options: Watched): Promise<LinkVerification>;
  export(
    source: LinkSource,
    as: LinkForm,
    options: Watched,
  ): Promise<{ text?: string; torrentBase64?: string; infoHash?: string }>;
}

type Method = 'create' | 'inspect' | 'status' | 'download' | 'verify' | 'export';

const forms: readonly LinkForm[] = ['link', 'torrent', 'magnet'];

/** `ownPeerId`: links to own entries say where they were seen, unless the client does not want it; those to others' do not, unless it does. */
export function linkFileHandlers(
  links: LinkFileParts,
  ownPeerId: string,
): { [M in Method as `links/${M}`]: Handler<`links/${M}`> } {
  return {
    'links/create': (fields, { signal, caller }) => {
      const entry = entryField(fields);
      const title = lineField(fields, 'title', linkFileLimits.titleCharacters);
      const creator = lineField(fields, 'creator', linkFileLimits.creatorCharacters);
      const wish = {
        entry,
        ...(title === undefined ? {} : { title }),
        ...(creator === undefined ? {} : { creator }),
        parties: partiesField(fields),
        hasPlace: fields['hasPlace'] === undefined ? entry.peerId === ownPeerId : flagField(fields, 'hasPlace'),
        isAnnounced: flagField(fields, 'isAnnounced'),
      };
      return links.create(wish, { signal, onProgress: progressOf(fields, caller) });
    },
    'links/inspect': (fields) => links.inspect(sourceField(fields), pageFields(fields, contentLinkLimits.inspectedFiles)),
    'links/status': (fields, { signal }) =>
      links.status(sourceField(fields), { signal, ...pageFields(fields, contentLinkLimits.statusFiles) }),
    'links/download': (fields) => {
      const conflict = wordField(fields, 'conflict', conflicts);
      const priority = wordField(fields, 'priority', priorities);
      const paths = pathsField(fields);
      return links.download(sourceField(fields), {
        ...(fields['folder'] === undefined ? {} : { folder: absolutePathField(fields, 'folder') }),
        ...(conflict === undefined ? {} : { conflict }),
        ...(priority === undefined ? {} : { priority }),
        ...(paths === undefined ? {} : { paths }),
        isPaused: flagField(fields, 'isPaused'),
      });
    },
    'links/verify': (fields, { signal, caller }) =>
      links.verify(sourceField(fields), absolutePathField(fields, 'folder'), { signal, onProgress: progressOf(fields, caller) }),
    'links/export': (fields, { signal, caller }) => {
      const as = wordField(fields, 'as', forms);
      if (as === undefined) throw invalid('as', `one of ${forms.join(', ')}`);
      return links.export(sourceField(fields), as, { signal, onProgress: progressOf(fields, caller) });
    },
  };
}

function sourceField(fields: Fields): LinkSource {
  const [hasText, hasPath] = [fields['text'] !== undefined, fields['path'] !== undefined];
  if (hasText === hasPath) throw invalid('text', 'given, or else path: one of them');
  if (hasPath) return { path: absolutePathField(fields, 'path') };
  const text = fields['text'];
  if (typeof text !== 'string') throw invalid('text', 'a text');
  return { text };
}

function pageFields(fields: Fields, most: number): { offset: number; limit: number } {
  return {
    offset: wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
    limit: wholeField(fields, 'limit', { min: 0, max: most, otherwise: most }),
  };
}

/** One line that a link may carry. */
function lineField(fields: Fields, name: string, mostCharacters: number): string | undefined {
  const value = optionalTextField(fields, name, mostCharacters);
  const problem = value === undefined ? undefined : lineProblem(value, mostCharacters);
  if (problem !== undefined) throw invalid(name, `one line: it ${problem}`);
  return value;
}

function partiesField(fields: Fields): string[] {
  const value: unknown = fields['parties'] ?? [];
  if (!Array.isArray(value) || value.length > linkFileLimits.hints)
    throw invalid('parties', `a list of at most ${linkFileLimits.hints}`);
  return value.map((each: unknown) => lineField({ parties: each ?? '' }, 'parties', linkFileLimits.partyCharacters) ?? '');
}

function pathsField(fields: Fields): string[] | undefined {
  const value = fields['paths'];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length > linkFileLimits.files)
    throw invalid('paths', `a list of at most ${linkFileLimits.files} paths`);
  return value.map((each: unknown) => textField({ paths: each }, 'paths', indexLimits.pathBytes));
}
