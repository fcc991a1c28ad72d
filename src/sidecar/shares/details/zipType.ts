// What a zip-based file is, by the names of its first entries (PKWARE APPNOTE 4.3.7). Pure.

const byFirstName: readonly (readonly [RegExp, string])[] = [
  [/^word\//, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  [/^xl\//, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  [/^ppt\//, 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  [/^AndroidManifest\.xml$/, 'application/vnd.android.package-archive'],
  [/^META-INF\/MANIFEST\.MF$/, 'application/java-archive'],
  [/^3D\/.*\.model$/, 'model/3mf'],
];

/** Types that a first, stored entry named `mimetype` may name (OpenDocument 1.2 part 3, EPUB OCF 3.3). */
const declared = /^(application\/(epub\+zip|vnd\.oasis\.opendocument\.[a-z-]+)|image\/openraster)$/;

const headerBytes = 30;
const mostEntries = 32;

/** `head` begins with a local file header. */
export function zipType(head: Uint8Array): string {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.length);
  for (let at = 0, count = 0; count < mostEntries && at + headerBytes <= bytes.length; count++) {
    if (bytes.readUInt32LE(at) !== 0x04034b50) break;
    const flags = bytes.readUInt16LE(at + 6);
    const packedBytes = bytes.readUInt32LE(at + 18);
    const nameEnd = at + headerBytes + bytes.readUInt16LE(at + 26);
    const dataAt = nameEnd + bytes.readUInt16LE(at + 28);
    const name = bytes.toString('latin1', at + headerBytes, nameEnd);
    if (count === 0 && name === 'mimetype') {
      const mime = bytes.toString('latin1', dataAt, dataAt + Math.min(packedBytes, 100)).trim();
      if (declared.test(mime)) return mime;
    }
    const found = byFirstName.find(([pattern]) => pattern.test(name));
    if (found !== undefined) return found[1];
    // Bit 3: the size comes after the data, and the next header is found by looking for it.
    const next = (flags & 8) !== 0 && packedBytes === 0 ? bytes.indexOf('PK\x03\x04', dataAt, 'latin1') : dataAt + packedBytes;
    if (next <= at) break;
    at = next;
  }
  return 'application/zip';
}
