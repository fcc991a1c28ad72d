// The row of a hit in a tree: the results view, the watched searches and the recently added draw hits alike. Must not know `vscode`.

import type { EntryRef, SearchHit } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { isHiddenPath } from '../files/hiddenConfiguration.ts';
import { revealedQuery, uriPartsOf } from '../files/uris.ts';
import { hitDetail, hitFolder, hitKey, hitName, hitTooltip, nameHighlights } from '../search/hits.ts';
import { t } from '../text.ts';
import type { Row } from './row.ts';

/** `entry` is what commands on the row read. */
export interface HitNode {
  kind: 'hit';
  id: string;
  hit: SearchHit;
  entry: EntryRef;
}

export function hitNode(hit: SearchHit, parentId: string): HitNode {
  return { kind: 'hit', id: `${parentId}/${hitKey(hit)}`, hit, entry: hit.entry };
}

export function hitRow(id: string, hit: SearchHit, nowMs: number): Row {
  const name = displayName(hitName(hit));
  const said = [hitFolder(hit), hitDetail(hit, nowMs)].filter((part) => part !== '').join(' · ');
  const parts = uriPartsOf(hit.entry);
  const highlights = nameHighlights(hit);
  return {
    id,
    label: name,
    ...(highlights.length > 0 ? { highlights } : {}),
    description: said,
    tooltip: hitTooltip(hit, nowMs),
    icon: hit.kind === 'folder' ? 'theme-folder' : 'theme-file',
    children: 'none',
    context: `hit.${hit.kind}.${hit.isOwn ? 'own' : 'peer'}`,
    uri: isHiddenPath(hit.entry.path) ? { ...parts, query: revealedQuery } : parts,
    accessibility: `${name}, ${said}`,
    command:
      hit.kind === 'folder'
        ? { kind: 'run', command: 'potluck.entry.reveal', title: t('Reveal in Peers') }
        : { kind: 'run', command: 'potluck.entry.open', title: t('Open') },
  };
}
