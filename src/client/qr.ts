// A code as a QR symbol: as SVG for a page, as half blocks for a terminal. Knows nothing of what the text means.

import qrcode from 'qrcode-generator';
import { escapeText } from './html.ts';

/** ISO/IEC 18004 wants four light modules around the symbol. */
const quietZone = 4;

/** Letters of either case mean the same in codes; capitals alone take 5.5 bits each instead of 8. */
const alphanumeric = /^[0-9A-Z $%*+\-./:]*$/;

/** The modules with their quiet zone, true = dark. Capitals where the text may be written so (`potluck:` URIs). */
function modulesOf(text: string): boolean[][] {
  const isCode = /^potluck:[a-z0-9]+$/.test(text);
  const written = isCode ? text.toUpperCase() : text;
  const qr = qrcode(0, 'L');
  qr.addData(written, alphanumeric.test(written) ? 'Alphanumeric' : 'Byte');
  qr.make();
  const count = qr.getModuleCount();
  return Array.from({ length: count + 2 * quietZone }, (_, row) =>
    Array.from({ length: count + 2 * quietZone }, (_, column) => {
      const [y, x] = [row - quietZone, column - quietZone];
      return y >= 0 && x >= 0 && y < count && x < count && qr.isDark(y, x);
    }),
  );
}

/** An `<svg>` that scales, black on white in every theme. `label` is what a screen reader says; it is escaped. Throws for more than 4,000 characters. */
export function qrSvg(text: string, label = 'QR code'): string {
  const rows = modulesOf(text);
  const size = rows.length;
  let path = '';
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < size; x++) {
      if (row[x] !== true) continue;
      let end = x;
      while (row[end] === true) end++;
      path += `M${x} ${y}h${end - x}v1h${x - end}z`;
      x = end;
    }
  }
  const box = `viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeText(label)}" ${box}>` +
    `<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
  );
}

/** Two modules a character, black on white by their own colours: it reads the same on dark and light terminals. Ends without a line break. */
export function qrTerminal(text: string): string {
  const rows = modulesOf(text);
  const lines: string[] = [];
  for (let y = 0; y < rows.length; y += 2) {
    const [upper = [], lower = []] = [rows[y], rows[y + 1]];
    const line = upper.map((isDark, x) => {
      const isDarkBelow = lower[x] === true;
      if (isDark) return isDarkBelow ? '█' : '▀';
      return isDarkBelow ? '▄' : ' ';
    });
    lines.push(`\u001b[30;107m${line.join('')}\u001b[0m`);
  }
  return lines.join('\n');
}
