// Who may give a file of a link, which has no owner: those who list its content, as for any other; and where the link hints at a place, its owner and
// those to whom that share may be passed on. Joins links to sources of transfers.

import { isOfLink } from '../protocol/linkPeer.ts';
import type { EntryRef } from '../protocol/model.ts';
import { transferLimits } from './limits.ts';
import type { LinkBundles } from './links/linkBundles.ts';
import type { Holder, SourceFinder } from './transfers/downloads/swarm/contract.ts';

export function withLinks(sources: SourceFinder, bundles: Pick<LinkBundles, 'linkOf'>): SourceFinder {
  return {
    owner: (peerId) => (isOfLink({ peerId }) ? undefined : sources.owner(peerId)),
    hasOthers: (owner) => sources.hasOthers(owner),
    onChange: (listener) => sources.onChange(listener),
    others: async (entry, root) => {
      if (!isOfLink(entry)) return sources.others(entry, root);
      const holders = new Map<string, Holder>();
      const add = (found: Holder[]): void => {
        for (const holder of found) {
          const { owner, shareId, path } = holder.at;
          const key = JSON.stringify([holder.source.peerId, owner, shareId, path]);
          if (!isOfLink({ peerId: owner }) && !holders.has(key)) holders.set(key, holder);
        }
      };
      add(await sources.others(entry, root));
      for (const hinted of hintedPlaces(entry, bundles)) {
        const source = sources.owner(hinted.peerId);
        if (source) add([{ source, at: { owner: hinted.peerId, shareId: hinted.shareId, path: hinted.path } }]);
        add(await sources.others(hinted, root));
      }
      return [...holders.values()].slice(0, 4 * transferLimits.sources);
    },
  };
}

/** Where the link's maker saw this file. */
function hintedPlaces({ shareId, path }: EntryRef, bundles: Pick<LinkBundles, 'linkOf'>): EntryRef[] {
  const link = bundles.linkOf(shareId);
  if (link === undefined) return [];
  return link.hints.entries.map((hint) => ({
    ...hint,
    path: link.kind === 'file' ? hint.path : hint.path === '' ? path : `${hint.path}/${path}`,
  }));
}
