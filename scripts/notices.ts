// The notices of other people's work that a package carries: name, version, licence and licence text of every npm package of which at
// least one file is in a bundle.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './projectRoot.ts';

interface Manifest {
  name: string;
  version: string;
  license?: string | { type: string };
  author?: string | { name: string };
  repository?: string | { url: string };
}

const licenceFile = /^(licen[cs]e|copying|notice)(\.(md|txt|markdown))?$/i;

/** `inputs`: paths of bundled files, relative to the project, as esbuild's metafile lists them. Throws when a package has no licence. */
export function noticesFor(inputs: readonly string[]): string {
  const folders = new Set<string>();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match?.[1]) folders.add(match[1]);
  }
  const texts: string[] = [];
  const parts = [...folders].sort().map((folder) => noticeOf(folder, texts));
  const head = 'Potluck is made with the work of others. These packages are part of it, under their own licences.';
  const numbered = texts.map((text, index) => `${'='.repeat(100)}\n[${index + 1}]\n\n${text}`);
  return `${[head, ...parts, ...numbered].join('\n\n')}\n`;
}

/** One package's lines. Its licence texts are put into `texts` unless the same one stands there, and referred to by number. */
function noticeOf(folder: string, texts: string[]): string {
  const at = path.join(root, folder);
  const manifest = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8')) as Manifest;
  const licence = typeof manifest.license === 'object' ? manifest.license.type : manifest.license;
  const numbers = readdirSync(at)
    .filter((name) => licenceFile.test(name))
    .map((name) => numberOf(readFileSync(path.join(at, name), 'utf8').trim(), texts));
  if (licence === undefined && numbers.length === 0)
    throw new Error(`${manifest.name} ${manifest.version} names no licence, so it cannot be shipped.`);
  const author = typeof manifest.author === 'object' ? manifest.author.name : manifest.author;
  const repository = typeof manifest.repository === 'object' ? manifest.repository.url : manifest.repository;
  const lines = [`${manifest.name} ${manifest.version}`];
  lines.push(`  Licence: ${licence ?? 'as its text says'}${numbers.map((number) => ` [${number}]`).join('')}`);
  if (author) lines.push(`  Author: ${author}`);
  if (repository) lines.push(`  Source: ${repository.replace(/^git\+/, '')}`);
  return lines.join('\n');
}

function numberOf(text: string, texts: string[]): number {
  const known = texts.indexOf(text);
  return known === -1 ? texts.push(text) : known + 1;
}
