// The page of the ranged viewers: asks its host what to show, and shows it.

import { Host } from './host.ts';
import { RowsView } from './rowsView.ts';
import { showStream } from './streamView.ts';
import { showWhole } from './wholeView.ts';

const root = document.getElementById('viewer');
let isOpen = false;
const host = new Host(({ kind, ...message }) => {
  // Once: a second one would be none of our host's.
  if (root === null || isOpen) return;
  isOpen = true;
  document.getElementById('title')?.append(message.name);
  if (kind === 'text' || kind === 'hex') new RowsView(root, { ...message, kind, host });
  else if (kind === 'image') showWhole(root, { ...message, kind, host });
  else void showStream(root, { ...message, kind, host });
});
