// What parties are called here, beside their names: a label is a line of one's own, or was carried by the invite that led in. It decides nothing and
// is never proved or sent by itself. Knows no party, no invite and no network.

import type { PartyId } from '../../protocol/ids.ts';
import { AppError } from '../../protocol/errors.ts';
import { skeleton } from '../../protocol/skeleton.ts';
import { founderOf, isWeak } from './partyName.ts';

export interface Labelled {
  partyId: PartyId;
  name: string;
  label: string;
}

/**
 * Whether who reads the label knows the name too, or what of it is secret: labels go into invites, and names do not. Case, blanks and hyphens do
 * not hide it.
 */
export function tellsName(label: string, name: string): boolean {
  const secret = founderOf(name) === undefined ? name : (name.split('-')[1] ?? name);
  const [said, hidden] = [plain(label), plain(secret)];
  return said.includes(hidden) || (bare(hidden) !== '' && bare(said).includes(bare(hidden)));
}

/** The label of a party that is new here: not for names that say what they are, and never one that holds the name. */
export function labelForNew(label: string, name: string): string {
  return isWeak(name) || tellsName(label, name) ? '' : label;
}

/** Whether another party goes by a label or name that looks like this one's label. */
export function isAmbiguous({ partyId, label }: Labelled, all: Iterable<Labelled>): boolean {
  const look = skeleton(label);
  for (const other of all) {
    if (other.partyId === partyId) continue;
    const shown = [other.label, isWeak(other.name) ? other.name : ''];
    if (shown.some((text) => text !== '' && skeleton(text) === look)) return true;
  }
  return false;
}

export function labelTellsName(): AppError {
  return new AppError(
    'invalid-argument',
    'This has the secret name of the party in it, and an invite would show it. Call the party something else.',
  );
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Letters and digits alone. */
function bare(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
