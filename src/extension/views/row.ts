// One row of a tree as plain data, so that what views say can be tested without VS Code; treeItem.ts turns it into a TreeItem.

import type { UriParts } from '../files/uris.ts';

export interface Row {
  /** Stable over redraws and windows: VS Code keeps expansion and selection by it. */
  id: string;
  label: string;
  /** Parts of the label that matched a search, as UTF-16 offsets [start, end). */
  highlights?: [number, number][];
  description?: string;
  tooltip?: string;
  /** Name of a codicon, or `theme-file` and `theme-folder`: what the icon theme draws for the URI. */
  icon: string;
  /** Theme colour of the codicon. */
  color?: string;
  children: 'none' | 'collapsed' | 'expanded';
  /** Words for menus' `viewItem` clauses, joined by dots. */
  context: string;
  uri?: UriParts;
  /** What a screen reader says. */
  accessibility: string;
  /** A click. `open` opens the row's URI in the editor. */
  command?: { kind: 'open' } | { kind: 'run'; command: string; title: string };
}
