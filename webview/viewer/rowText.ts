// Bytes of a row as text that is safe to show: what is invisible or turns the direction of text is named instead of obeyed.

import type { Span } from './blocks.ts';
import { hexRowBytes, type Row } from './rows.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: false });
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function lineText(span: Span, row: Row): string {
  let end = row.end;
  const at = (offset: number): number | undefined => span.bytes[offset - span.offset];
  if (end > row.offset && at(end - 1) === 10) end -= 1;
  if (end > row.offset && at(end - 1) === 13) end -= 1;
  return visible(decoder.decode(span.bytes.subarray(row.offset - span.offset, end - span.offset)));
}

export function hexText(span: Span, row: Row): { hex: string; text: string } {
  const bytes = span.bytes.subarray(row.offset - span.offset, row.end - span.offset);
  const pairs = Array.from({ length: hexRowBytes }, (_, index) => bytes[index]?.toString(16).padStart(2, '0') ?? '  ');
  const hex = `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`;
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
  return { hex, text };
}

export function offsetText(offset: number, sizeBytes: number): string {
  const digits = Math.max(8, sizeBytes.toString(16).length);
  return offset.toString(16).padStart(digits, '0');
}

function visible(text: string): string {
  return text.replace(unsafe, (sign) => {
    const code = sign.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? '␡' : `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
