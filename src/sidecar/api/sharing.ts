// Requests about own shares.

import { wireLimits } from '../limits.ts';
import type { Shares } from '../shares/shares.ts';
import type { Handlers } from './handlers.ts';
import { absolutePathField, audienceField, optionalTextField, shareIdField, textField } from './params.ts';
import { progressOf } from './progress.ts';

export function shareHandlers(shares: Shares): Handlers<'shares'> {
  return {
    'shares/list': () => shares.list(),
    'shares/preview': (fields, { signal, caller }) => {
      const report = progressOf(fields, caller);
      return shares.preview(absolutePathField(fields, 'path'), { signal, onProgress: (entries) => report(entries, 0) });
    },
    'shares/add': (fields) => {
      const title = optionalTextField(fields, 'title', wireLimits.textCharacters);
      const audience = fields['audience'] === undefined ? undefined : audienceField(fields, 'audience');
      const options = { ...(title !== undefined && { title }), ...(audience !== undefined && { audience }) };
      return shares.add(absolutePathField(fields, 'path'), options);
    },
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
