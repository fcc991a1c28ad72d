import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { isText, typeOf } from '../../../../../src/sidecar/shares/details/fileType.ts';
import { previewOf } from '../../../../../src/sidecar/shares/details/preview.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const padded = (text: string, at = 0): Buffer => {
  const bytes = Buffer.alloc(600, 0x81);
  bytes.write(text, at, 'latin1');
  return bytes;
};

/** A zip's local headers and data, stored. */
function zip(entries: [name: string, data: string][], { isStreamed = false } = {}): Buffer {
  return Buffer.concat(
    entries.map(([name, data]) => {
      const header = Buffer.alloc(30);
      header.writeUInt32LE(0x04034b50, 0);
      header.writeUInt16LE(isStreamed ? 8 : 0, 6);
      header.writeUInt32LE(isStreamed ? 0 : data.length, 18);
      header.writeUInt16LE(name.length, 26);
      return Buffer.concat([header, latin1(name), latin1(data)]);
    }),
  );
}

function ts(): Buffer {
  const bytes = Buffer.alloc(600);
  for (const at of [0, 188, 376, 564]) bytes[at] = 0x47;
  return bytes;
}

const cases: [bytes: Buffer, name: string, mime: string][] = [
  [padded('\x89PNG\r\n\x1a\n'), 'a.txt', 'image/png'],
  [padded('\xff\xd8\xff\xe0'), 'a', 'image/jpeg'],
  [padded('GIF89a'), 'a', 'image/gif'],
  [padded('RIFF\0\0\0\0WEBP'), 'a', 'image/webp'],
  [padded('RIFF\0\0\0\0WAVE'), 'a.bin', 'audio/wav'],
  [padded('RIFF\0\0\0\0AVI '), 'a', 'video/vnd.avi'],
  [padded('II*\0'), 'shot.tif', 'image/tiff'],
  [padded('II*\0'), 'shot.NEF', 'image/x-nikon-nef'],
  [padded('\0\0\0\x18ftypavif'), 'a', 'image/avif'],
  [padded('\0\0\0\x18ftypheic'), 'a', 'image/heic'],
  [padded('\0\0\0\x18ftypisom'), 'a', 'video/mp4'],
  [padded('\0\0\0\x18ftypM4A '), 'a', 'audio/mp4'],
  [padded('\0\0\0\x14ftypqt  '), 'a', 'video/quicktime'],
  [padded('\x1aE\xdf\xa3....B\x82\x84webm'), 'a', 'video/webm'],
  [padded('\x1aE\xdf\xa3....B\x82\x88matroska'), 'a', 'video/matroska'],
  [padded('OggS......................\x01vorbis'), 'a', 'audio/ogg'],
  [padded('OggS......................\x80theora'), 'a', 'video/ogg'],
  [padded('fLaC'), 'a', 'audio/flac'],
  [padded('ID3\x04'), 'a', 'audio/mpeg'],
  [padded('\xff\xfb\x90\x44'), 'a', 'audio/mpeg'],
  [padded('\xff\xf1\x50\x80'), 'a', 'audio/aac'],
  [padded('FORM\0\0\0\0AIFF'), 'a', 'audio/aiff'],
  [padded('MThd'), 'a', 'audio/midi'],
  [ts(), 'a.ts', 'video/mp2t'],
  [padded('FLV\x01'), 'a', 'video/x-flv'],
  [padded('%PDF-1.7'), 'a', 'application/pdf'],
  [padded('%!PS-Adobe'), 'a', 'application/postscript'],
  [latin1('{\\rtf1}'), 'a', 'application/rtf'],
  [padded('BOOKMOBI', 60), 'a', 'application/x-mobipocket-ebook'],
  [padded('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'old.doc', 'application/msword'],
  [padded('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 'old', 'application/x-ole-storage'],
  [gzipSync('hello'), 'a', 'application/gzip'],
  [padded('BZh9'), 'a', 'application/x-bzip2'],
  [padded('\xfd7zXZ\0'), 'a', 'application/x-xz'],
  [padded('(\xb5/\xfd'), 'a', 'application/zstd'],
  [padded("7z\xbc\xaf'\x1c"), 'a', 'application/x-7z-compressed'],
  [padded('Rar!\x1a\x07\x01\0'), 'a', 'application/vnd.rar'],
  [padded('ustar', 257), 'a', 'application/x-tar'],
  [padded('\x7fELF'), 'a', 'application/x-elf'],
  [padded('MZ\x90'), 'a.exe', 'application/vnd.microsoft.portable-executable'],
  [padded('\0asm\x01'), 'a', 'application/wasm'],
  [padded('SQLite format 3\0'), 'a', 'application/vnd.sqlite3'],
  [padded('wOF2'), 'a', 'font/woff2'],
  [padded('OTTO'), 'a', 'font/otf'],
  [padded('\0\x01\0\0\0'), 'a', 'font/ttf'],
  [padded('glTF'), 'a', 'model/gltf-binary'],
  [zip([['a.txt', 'x']]), 'a', 'application/zip'],
  [zip([['x.txt', 'x']]), 'comic.cbz', 'application/vnd.comicbook+zip'],
  [zip([['mimetype', 'application/epub+zip']]), 'a', 'application/epub+zip'],
  [zip([['mimetype', 'application/vnd.oasis.opendocument.text']]), 'a', 'application/vnd.oasis.opendocument.text'],
  [
    zip([
      ['[Content_Types].xml', 'x'],
      ['_rels/.rels', 'x'],
      ['word/document.xml', 'x'],
    ]),
    'a.zip',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ],
  [
    zip(
      [
        ['[Content_Types].xml', 'x'],
        ['xl/workbook.xml', 'x'],
      ],
      { isStreamed: true },
    ),
    'a',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ],
  [zip([['META-INF/MANIFEST.MF', 'x']]), 'a.jar', 'application/java-archive'],
  [zip([['mimetype', 'text/html<script>']]), 'a', 'application/zip'],
  [latin1('<!DOCTYPE html><p>'), 'a', 'text/html'],
  [latin1('<?xml version="1.0"?><svg/>'), 'a', 'image/svg+xml'],
  [latin1('<?xml version="1.0"?><x/>'), 'feed.rss', 'application/rss+xml'],
  [latin1('<?xml version="1.0"?><x/>'), 'a.png', 'application/xml'],
  [latin1('#EXTM3U\nsong.mp3\n'), 'list', 'application/vnd.apple.mpegurl'],
  [latin1('#!/bin/sh\n'), 'run', 'application/x-sh'],
  [latin1('{"a":1}'), 'a.json', 'application/json'],
  [latin1('# Title'), 'README.md', 'text/markdown'],
  [latin1('plain words'), 'README', 'text/plain'],
  [latin1('not an image'), 'fake.png', 'text/plain'],
  [latin1('export const x = 1;\n'), 'code.ts', 'text/plain'],
  [Buffer.from('Grüße'), 'a', 'text/plain'],
  [Buffer.from([0xff, 0x81, 0x02, 0x00]), 'notes.txt', 'application/octet-stream'],
  [Buffer.from([0xff, 0x81, 0x02, 0x00]), 'movie.wmv', 'video/x-ms-wmv'],
  [Buffer.from([0x81, 0x82]), 'noext', 'application/octet-stream'],
  [Buffer.alloc(0), 'empty', 'application/x-empty'],
  [Buffer.alloc(0), 'empty.md', 'text/markdown'],
];

test('a file is what its bytes say, then its name', () => {
  for (const [bytes, name, mime] of cases)
    assert.equal(typeOf(bytes, name, { isWhole: true }), mime, `${name}: ${bytes.subarray(0, 20).toString('latin1')}`);
});

test('real files of this project are known', () => {
  const here = (file: string): Buffer => readFileSync(new URL(`../../../../../${file}`, import.meta.url)).subarray(0, 4096);
  assert.equal(typeOf(here('package.json'), 'package.json', { isWhole: false }), 'application/json');
  assert.equal(
    typeOf(readFileSync(process.execPath).subarray(0, 4096), 'node', { isWhole: false }).startsWith('application/'),
    true,
  );
});

test('random bytes never throw, and give a well-formed type', () => {
  let seed = 7;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.alloc(round % 64);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (seed = (seed * 48271) % 2147483647) & 255;
    if (round % 3 === 0) bytes.write('PK\x03\x04', 0, 'latin1');
    assert.match(typeOf(bytes, 'x', { isWhole: true }), /^[a-z]+\/[a-z0-9.+-]+$/);
  }
});

test('a character that is cut off does not make a text binary; whole files are judged whole', () => {
  const cut = Buffer.from('Grü').subarray(0, 3);
  assert.equal(isText(cut, { isWhole: false }), true);
  assert.equal(isText(cut, { isWhole: true }), false);
  for (const text of ['ä', '€', '🎵']) {
    const bytes = Buffer.from(`x${text}`);
    for (let end = 1; end <= bytes.length; end++) assert.equal(isText(bytes.subarray(0, end), { isWhole: false }), true);
  }
});

test('a preview is the first characters of a text, without controls, and of nothing else', () => {
  const options = { isWhole: true };
  assert.equal(previewOf(Buffer.from('\ufeffone\r\ntwo\u001b[31m\u0085x'), 'text/plain', options), 'one\ntwo [31m x');
  assert.equal(previewOf(Buffer.from('x'), 'image/png', options), undefined);
  assert.equal(previewOf(Buffer.from([0xff, 0xfe]), 'text/plain', options), undefined);
  const long = previewOf(Buffer.from('🎵'.repeat(1000)), 'text/plain', { isWhole: false }) ?? '';
  assert.equal(long, '🎵'.repeat(256));
});
