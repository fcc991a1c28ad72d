// What a file is, by how it begins, else by its name. Pure: it gets the first bytes and reads nothing.
// Signatures: the WHATWG MIME Sniffing Standard, IANA's registry of media types, and the formats' own specifications.

import { isUtf8 } from 'node:buffer';
import { typeByName } from './typeByName.ts';
import { zipType } from './zipType.ts';

/** Bytes at a place, as text in which each character is a byte. */
type Signature = readonly [at: number, bytes: string, mime: string];

const signatures: readonly Signature[] = [
  [0, '\x89PNG\r\n\x1a\n', 'image/png'],
  [0, '\xff\xd8\xff', 'image/jpeg'],
  [0, 'GIF87a', 'image/gif'],
  [0, 'GIF89a', 'image/gif'],
  [0, 'II*\0', 'image/tiff'],
  [0, 'MM\0*', 'image/tiff'],
  [0, '\0\0\x01\0', 'image/vnd.microsoft.icon'],
  [0, '8BPS', 'image/vnd.adobe.photoshop'],
  [0, 'gimp xcf', 'image/x-xcf'],
  [0, '\xff\x0a', 'image/jxl'],
  [0, '\0\0\0\x0cJXL \r\n\x87\n', 'image/jxl'],
  [0, '\0\0\0\x0cjP  \r\n\x87\n', 'image/jp2'],
  [0, 'qoif', 'image/qoi'],
  [0, '%PDF-', 'application/pdf'],
  [0, '%!PS', 'application/postscript'],
  [0, '{\\rtf', 'application/rtf'],
  [0, 'AT&TFORM', 'image/vnd.djvu'],
  [60, 'BOOKMOBI', 'application/x-mobipocket-ebook'],
  [0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'application/x-ole-storage'],
  [0, 'fLaC', 'audio/flac'],
  [0, 'ID3', 'audio/mpeg'],
  [0, 'MThd', 'audio/midi'],
  [0, 'MAC ', 'audio/x-ape'],
  [0, 'wvpk', 'audio/x-wavpack'],
  [0, '#!AMR', 'audio/amr'],
  [0, 'DSD ', 'audio/x-dsf'],
  [0, '.snd', 'audio/basic'],
  [0, 'FLV\x01', 'video/x-flv'],
  [0, '0&\xb2u\x8ef\xcf\x11', 'video/x-ms-asf'],
  [0, '.RMF', 'application/vnd.rn-realmedia'],
  [0, '\0\0\x01\xba', 'video/mpeg'],
  [0, '\0\0\x01\xb3', 'video/mpeg'],
  [0, '\x1f\x8b', 'application/gzip'],
  [0, 'BZh', 'application/x-bzip2'],
  [0, '\xfd7zXZ\0', 'application/x-xz'],
  [0, '(\xb5/\xfd', 'application/zstd'],
  [0, '\x04"M\x18', 'application/x-lz4'],
  [0, 'LZIP', 'application/x-lzip'],
  [0, "7z\xbc\xaf'\x1c", 'application/x-7z-compressed'],
  [0, 'Rar!\x1a\x07', 'application/vnd.rar'],
  [0, 'MSCF', 'application/vnd.ms-cab-compressed'],
  [257, 'ustar', 'application/x-tar'],
  [0, '!<arch>\ndebian', 'application/vnd.debian.binary-package'],
  [0, '!<arch>\n', 'application/x-archive'],
  [0, '\xed\xab\xee\xdb', 'application/x-rpm'],
  [0, 'hsqs', 'application/vnd.squashfs'],
  [0, 'QFI\xfb', 'application/x-qemu-disk'],
  [0, '\x7fELF', 'application/x-elf'],
  [0, '\xcf\xfa\xed\xfe', 'application/x-mach-binary'],
  [0, '\xce\xfa\xed\xfe', 'application/x-mach-binary'],
  [0, '\0asm', 'application/wasm'],
  [0, '\xca\xfe\xba\xbe', 'application/java-vm'],
  [0, 'MZ', 'application/vnd.microsoft.portable-executable'],
  [0, 'SQLite format 3\0', 'application/vnd.sqlite3'],
  [0, 'wOFF', 'font/woff'],
  [0, 'wOF2', 'font/woff2'],
  [0, 'OTTO', 'font/otf'],
  [0, '\0\x01\0\0\0', 'font/ttf'],
  [0, 'ttcf', 'font/collection'],
  [0, 'glTF', 'model/gltf-binary'],
  [0, 'PAR1', 'application/vnd.apache.parquet'],
  [0, '\x89HDF\r\n\x1a\n', 'application/x-hdf5'],
  [0, '\x93NUMPY', 'application/x-numpy'],
  [0, 'bplist', 'application/x-plist'],
  [0, 'BLENDER', 'application/x-blender'],
  [0, '-----BEGIN PGP', 'application/pgp-encrypted'],
];

const riffTypes: Readonly<Record<string, string>> = {
  WAVE: 'audio/wav',
  'AVI ': 'video/vnd.avi',
  WEBP: 'image/webp',
  RMID: 'audio/midi',
};

/** Major brands of ISO media files (ISO/IEC 14496-12, mp4ra.org), by how they begin. */
const brands: readonly (readonly [string, string])[] = [
  ['avif', 'image/avif'],
  ['avis', 'image/avif'],
  ['hei', 'image/heic'],
  ['hev', 'image/heic'],
  ['mif1', 'image/heif'],
  ['msf1', 'image/heif'],
  ['crx', 'image/x-canon-cr3'],
  ['qt', 'video/quicktime'],
  ['M4A', 'audio/mp4'],
  ['M4B', 'audio/mp4'],
  ['M4P', 'audio/mp4'],
  ['F4A', 'audio/mp4'],
  ['M4V', 'video/x-m4v'],
  ['3gp', 'video/3gpp'],
  ['3g2', 'video/3gpp2'],
];

/** What many formats share: whose name says more is believed where it is one of these. */
const refinements: Readonly<Record<string, RegExp>> = {
  'application/x-ole-storage': /^application\/(msword|vnd\.ms-|x-msi|vnd\.visio)/,
  'application/gzip': /^(application\/gzip$|image\/svg)/,
  'application/zip': /^(application\/(?!octet-stream)|model\/|image\/)/,
  'image/tiff': /^image\//,
  'audio/mpeg': /^audio\//,
  'application/postscript': /^(application|image)\//,
  'application/xml': /(xml|svg|^text\/html|^application\/)/,
  'application/java-vm': /^application\/(java-vm|x-mach-binary)/,
};

/** The media type of a file that begins with `head`, which is all of it when `isWhole`. */
export function typeOf(head: Uint8Array, name: string, { isWhole }: { isWhole: boolean }): string {
  const byName = typeByName(name);
  if (head.length === 0) return byName ?? 'application/x-empty';
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const byContent = bySignature(text, head);
  if (byContent !== undefined) return byName !== undefined && refinements[byContent]?.test(byName) ? byName : byContent;
  if (isText(head, { isWhole })) return textType(text, byName);
  // A name that promises text does not make bytes text.
  return byName !== undefined && !isTextType(byName) ? byName : 'application/octet-stream';
}

/** Whether people can read it as it is. */
export function isTextType(mime: string): boolean {
  return mime.startsWith('text/') || readable.has(mime) || mime.endsWith('+xml') || mime.endsWith('+json');
}

const readable = new Set([
  ...['application/json', 'application/xml', 'application/yaml', 'application/toml', 'application/javascript', 'application/sql'],
  ...['application/x-sh', 'application/vnd.apple.mpegurl', 'application/x-subrip', 'application/jsonl', 'audio/x-scpls'],
]);

function bySignature(text: string, head: Uint8Array): string | undefined {
  if (text.startsWith('PK\x03\x04')) return zipType(head);
  if (text.startsWith('PK\x05\x06')) return 'application/zip';
  if (text.startsWith('RIFF')) return riffTypes[text.slice(8, 12)];
  if (text.startsWith('FORM') && text.startsWith('AIF', 8)) return 'audio/aiff';
  if (text.startsWith('ftyp', 4)) return brands.find(([brand]) => text.startsWith(brand, 8))?.[1] ?? 'video/mp4';
  if (text.startsWith('moov', 4) || text.startsWith('mdat', 4)) return 'video/quicktime';
  if (text.startsWith('\x1aE\xdf\xa3')) return text.includes('webm') ? 'video/webm' : 'video/matroska';
  if (text.startsWith('OggS')) return oggType(text);
  if (text.startsWith('BM') && head.length > 26 && (head[14] ?? 0) >= 12 && head[6] === 0 && head[7] === 0) return 'image/bmp';
  if (head[0] === 0x47 && head[188] === 0x47 && head[376] === 0x47) return 'video/mp2t';
  if (isMpegAudio(head)) return (head[1] ?? 0) & 6 ? 'audio/mpeg' : 'audio/aac';
  return signatures.find(([at, bytes]) => text.startsWith(bytes, at))?.[2];
}

/** RFC 5334. */
function oggType(text: string): string {
  if (text.includes('\x80theora')) return 'video/ogg';
  return /OpusHead|\x01vorbis|Speex|\x7fFLAC/.test(text) ? 'audio/ogg' : 'application/ogg';
}

/** Two frame headers that agree, since eleven bits of one are found anywhere (ISO/IEC 11172-3, 13818-7). */
function isMpegAudio(head: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = head;
  if (first !== 0xff || (second & 0xe0) !== 0xe0) return false;
  if ((second & 0xf6) === 0xf0) return true; // ADTS
  return (second & 0x06) !== 0 && (second & 0x18) !== 0x08 && third >> 4 !== 0x0f && third >> 4 !== 0 && (third & 0x0c) !== 0x0c;
}

function textType(text: string, byName: string | undefined): string {
  const start = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  const lower = start.slice(0, 512).toLowerCase();
  if (/^<(!doctype html|html[\s>])/.test(lower)) return 'text/html';
  if (/^(<\?xml|<svg[\s>])/.test(lower)) {
    if (lower.includes('<svg')) return 'image/svg+xml';
    return byName !== undefined && refinements['application/xml']?.test(byName) ? byName : 'application/xml';
  }
  if (start.startsWith('#EXTM3U')) return 'application/vnd.apple.mpegurl';
  if (byName !== undefined && isTextType(byName)) return byName;
  if (start.startsWith('#!')) return /^#![^\n]*\b(ba|z|da|k)?sh\b/.test(start) ? 'application/x-sh' : 'text/plain';
  if (start.startsWith('BEGIN:VCARD')) return 'text/vcard';
  if (start.startsWith('BEGIN:VCALENDAR')) return 'text/calendar';
  if (start.startsWith('WEBVTT')) return 'text/vtt';
  // A format whose files may happen to be all ASCII.
  return byName !== undefined && !/^(image|audio|video|font)\//.test(byName) ? byName : 'text/plain';
}

/** UTF-8 without control characters that no text has. What was cut off in a character is left out of the question. */
export function isText(head: Uint8Array, { isWhole }: { isWhole: boolean }): boolean {
  const text = isWhole ? head : wholeCharacters(head);
  for (const byte of text) if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) return false;
  return isUtf8(text);
}

/** Without the beginning of a character at the end. */
export function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
