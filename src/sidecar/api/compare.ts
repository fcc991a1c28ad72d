// Requests about comparing trees.

import type { CompareSide, CompareState } from '../../protocol/compare.ts';
import type { Comparisons } from '../compare/comparisons.ts';
import { allStates } from '../compare/rows.ts';
import { compareLimits, indexLimits, localLimits } from '../limits.ts';
import { parseSafePath } from '../storage/safePath.ts';
import type { Handlers } from './handlers.ts';
import {
  absolutePathField,
  entryField,
  type Fields,
  fieldsOf,
  flagField,
  invalid,
  textField,
  wholeField,
  wordField,
} from './params.ts';
import { progressOf } from './progress.ts';
import { conflicts, priorities } from './words.ts';

const differences: readonly CompareState[] = allStates.filter((state) => state !== 'same' && state !== 'likely-same');

export function compareHandlers(comparisons: Pick<Comparisons, 'start' | 'page' | 'download' | 'drop'>): Handlers<'compare'> {
  return {
    'compare/start': (fields, { signal, caller }) =>
      comparisons.start({
        ...{ left: sideField(fields, 'left'), right: sideField(fields, 'right'), isExact: flagField(fields, 'isExact') },
        ...{ signal, onProgress: progressOf(fields, caller) },
      }),
    'compare/page': (fields) =>
      comparisons.page(compareIdField(fields), {
        states: statesField(fields) ?? differences,
        under: fields['under'] === undefined ? '' : parseSafePath(textField(fields, 'under', indexLimits.pathBytes)),
        offset: wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
        limit: wholeField(fields, 'limit', { min: 0, max: localLimits.pageEntries, otherwise: localLimits.pageEntries }),
      }),
    'compare/download': (fields) => {
      const states = statesField(fields);
      const paths = pathsField(fields);
      const conflict = wordField(fields, 'conflict', conflicts);
      const priority = wordField(fields, 'priority', priorities);
      return comparisons.download(compareIdField(fields), {
        folder: absolutePathField(fields, 'folder'),
        ...(states && { states }),
        ...(paths && { paths }),
        ...(conflict && { conflict }),
        ...(priority && { priority }),
      });
    },
    'compare/close': (fields) => {
      comparisons.drop(compareIdField(fields));
      return {};
    },
  };
}

function sideField(fields: Fields, name: string): CompareSide {
  const side = fieldsOf(fields[name]);
  return side['folder'] === undefined ? { entry: entryField(side) } : { folder: absolutePathField(side, 'folder') };
}

function compareIdField(fields: Fields): string {
  return textField(fields, 'compareId', 64);
}

function statesField(fields: Fields): CompareState[] | undefined {
  const given = fields['states'];
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length > allStates.length) throw invalid('states', 'a list of states');
  return given.map((each: unknown) => {
    const state = allStates.find((known) => known === each);
    if (state === undefined) throw invalid('states', `a list of ${allStates.join(', ')}`);
    return state;
  });
}

function pathsField(fields: Fields): string[] | undefined {
  const given = fields['paths'];
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || given.length > compareLimits.paths)
    throw invalid('paths', `a list of at most ${compareLimits.paths} paths`);
  return given.map((each: unknown) => {
    if (typeof each !== 'string') throw invalid('paths', 'a list of paths');
    return parseSafePath(each);
  });
}
