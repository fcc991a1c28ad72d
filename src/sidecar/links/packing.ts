// Link texts as they are kept in the database: compressed, and never more than was put in.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { parseLinkFile, writeLinkFile } from '../../protocol/linkFile.ts';
import type { LinkContents } from '../../protocol/links.ts';
import { contentLinkLimits } from '../limits.ts';

/** 16 MiB of text in 0.2 s; higher qualities take seconds. */
const quality = 4;

export function packLink(link: LinkContents): Buffer {
  return brotliCompressSync(writeLinkFile(link), { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

export function unpackLink(body: Uint8Array): LinkContents {
  return parseLinkFile(brotliDecompressSync(body, { maxOutputLength: contentLinkLimits.linkBytes }).toString('utf8')).link;
}
