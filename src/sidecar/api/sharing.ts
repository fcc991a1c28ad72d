// Requests about own shares.

import { pathProblem } from '../../protocol/pathRules.ts';
import { previewLimits, wireLimits } from '../limits.ts';
import { marksOf } from '../shares/marks.ts';
import type { Shares } from '../shares/shares.ts';
import type { Handlers } from './handlers.ts';
import { absolutePathField, audienceField, invalid, optionalTextField, shareIdField, textField, type Fields } from './params.ts';
import { progressOf } from './progress.ts';

export function shareHandlers(shares: Shares): Handlers<'shares'> {
  return {
    'shares/list': () => shares.list(),
    'shares/preview': (fields, { signal, caller }) => {
      const report = progressOf(fields, caller);
      return shares.preview(absolutePathField(fields, 'path'), { signal, onProgress: (entries) => report(entries, 0) });
    },
    'shares/add': (fields, { signal }) => {
      const title = optionalTextField(fields, 'title', wireLimits.textCharacters);
      const audience = fields['audience'] === undefined ? undefined : audienceField(fields, 'audience');
      const [leaveOut, knownSecrets] = [insideField(fields, 'leaveOut'), insideField(fields, 'knownSecrets')];
      return shares.add(absolutePathField(fields, 'path'), {
        ...{ signal, ...(title !== undefined && { title }), ...(audience && { audience }) },
        ...{ ...(leaveOut && { leaveOut }), ...(knownSecrets && { knownSecrets }) },
      });
    },
    'shares/marks': (fields) =>
      marksOf(
        markedPathsField(fields),
        shares.list().map(({ path }) => path),
      ),
    'shares/setAudience': (fields) => shares.setAudience(shareIdField(fields), audienceField(fields, 'audience')),
    'shares/rename': (fields) => shares.rename(shareIdField(fields), textField(fields, 'title', wireLimits.textCharacters)),
    'shares/remove': async (fields) => {
      await shares.remove(shareIdField(fields));
      return {};
    },
    'shares/rescan': (fields) => shares.rescan(shareIdField(fields)),
    'shares/pause': (fields) => shares.pause(shareIdField(fields)),
    'shares/resume': (fields) => shares.resume(shareIdField(fields)),
    'shares/describe': (fields) => shares.describe(shareIdField(fields)),
    'shares/cancelScan': (fields) => shares.cancelScan(shareIdField(fields)),
  };
}

function listField(fields: Fields, name: string): unknown[] {
  const given = fields[name];
  if (!Array.isArray(given) || given.length > previewLimits.paths)
    throw invalid(name, `a list of at most ${previewLimits.paths} paths`);
  return given;
}

function insideField(fields: Fields, name: string): string[] | undefined {
  if (fields[name] === undefined) return undefined;
  return listField(fields, name).map((each) => {
    if (typeof each !== 'string' || pathProblem(each) !== undefined) throw invalid(name, 'paths inside the folder');
    return each;
  });
}

function markedPathsField(fields: Fields): string[] {
  return listField(fields, 'paths').map((path) => {
    const absolute = absolutePathField({ path }, 'path');
    if (absolute.length > previewLimits.pathCharacters) throw invalid('paths', 'paths of this disk');
    return absolute;
  });
}
