// One row as elements: number or offset, content, and what was found in it.

import type { Span } from './blocks.ts';
import { element } from './elements.ts';
import { hexRowBytes, type Row } from './rows.ts';
import { hexText, lineText, offsetText } from './rowText.ts';

/** What was found: bytes of the file. */
export interface Mark {
  offset: number;
  length: number;
}

export function drawRow(
  span: Span,
  row: Row,
  { kind, line, mark }: { kind: 'text' | 'hex'; line: number | undefined; mark: Mark | undefined },
): HTMLElement {
  const from = Math.max(row.offset, mark?.offset ?? row.end);
  const to = Math.min(row.end, mark === undefined ? row.offset : mark.offset + mark.length);
  const marked = from < to ? { from, to } : undefined;
  const made = element('div', { className: 'row' });
  if (kind === 'hex') {
    const { hex, text } = hexText(span, row);
    made.append(
      element('span', { className: 'gutter', text: offsetText(row.offset, span.sizeBytes) }),
      element(
        'span',
        { className: 'hex' },
        ...parts(hex, marked && [hexAt(marked.from - row.offset), hexAt(marked.to - 1 - row.offset) + 2]),
      ),
      element('span', { className: 'signs' }, ...parts(text, marked && [marked.from - row.offset, marked.to - row.offset])),
    );
    return made;
  }
  const content = element('span', { className: 'line' });
  if (marked === undefined) content.append(lineText(span, row));
  else {
    const piece = (offset: number, end: number): string => lineText(span, { ...row, offset, end });
    const hit = element('mark', { text: piece(marked.from, marked.to) });
    content.append(piece(row.offset, marked.from), hit, piece(marked.to, row.end));
  }
  made.append(element('span', { className: 'gutter', text: line === undefined ? '' : String(line) }), content);
  return made;
}

function hexAt(index: number): number {
  return index * 3 + (index >= hexRowBytes / 2 ? 1 : 0);
}

function parts(text: string, range: [number, number] | undefined): Node[] {
  if (range === undefined) return [document.createTextNode(text)];
  const [from, to] = range;
  return [
    document.createTextNode(text.slice(0, from)),
    element('mark', { text: text.slice(from, to) }),
    document.createTextNode(text.slice(to)),
  ];
}
