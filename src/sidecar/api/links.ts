// Requests about contents that links lead to: by which peers may find us although nobody told them of us.

import type { EntryRef, LinkedContentInfo } from '../../protocol/model.ts';
import type { Handlers } from './handlers.ts';
import { entryField, flagField } from './params.ts';

export interface LinkParts {
  announce(entry: EntryRef, isOn: boolean, options: { signal: AbortSignal }): Promise<void>;
  list(): LinkedContentInfo[];
}

export function linkHandlers(links: LinkParts): Pick<Handlers<'links'>, 'links/announce' | 'links/list'> {
  return {
    'links/announce': async (fields, { signal }) => {
      await links.announce(entryField(fields), flagField(fields, 'isOn'), { signal });
      return {};
    },
    'links/list': () => links.list(),
  };
}
