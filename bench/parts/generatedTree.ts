// A realistic tree of any size, the same for the same seed: source projects with their packages, photos by day, music by album, documents,
// data sets, build output. Comes row by row in index order, so that millions of entries need no memory, or lies down on a disk.

import {
  closeSync,
  existsSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { IndexSink } from '../../src/sidecar/catalog/index/rows.ts';
import { seededRandom } from './report.ts';
import { extensionsOf, words } from './vocabulary.ts';

export interface GeneratedFile {
  name: string;
  sizeBytes: number;
  mtimeMs: number;
}

/** A folder with all that is in it, children in byte order. */
export interface GeneratedFolder {
  name: string;
  mtimeMs: number;
  folders: GeneratedFolder[];
  files: GeneratedFile[];
}

type Random = () => number;

interface Unit {
  area: string;
  name: string;
  seed: number;
}

/** Between 2012 and 2026. */
const firstMs = Date.UTC(2012, 0, 1);
const lastMs = Date.UTC(2026, 0, 1);

/** The tree in pre-order: `visit` gets each folder with its path. Holds at least `files` files, at most one unit (some thousand) more. */
export function generateTree(
  options: { files: number; seed: number },
  visit: (path: string, folder: GeneratedFolder) => void,
): { fileCount: number; folderCount: number } {
  const { units, fileCount } = planUnits(options);
  const areas = [...new Set(units.map(({ area }) => area))].sort();
  let folderCount = 0;
  const walk = (at: string, folder: GeneratedFolder): void => {
    visit(at, folder);
    folderCount += folder.folders.length;
    for (const child of folder.folders) walk(at === '' ? child.name : `${at}/${child.name}`, child);
  };
  const shell = (name: string): GeneratedFolder => ({ name, mtimeMs: lastMs, folders: [], files: [] });
  visit('', { ...shell(''), folders: areas.map(shell) });
  folderCount += areas.length;
  for (const area of areas) {
    const own = units.filter((unit) => unit.area === area).sort((a, b) => byBytes(a.name, b.name));
    // The units are not made before they are walked: only their names and times stand in the area.
    const heads = own.map(({ name, seed }) => ({ ...shell(name), mtimeMs: timeFrom(seededRandom(seed)) }));
    visit(area, { ...shell(area), folders: heads });
    folderCount += heads.length;
    for (const unit of own) walk(`${area}/${unit.name}`, makeUnit(unit));
  }
  return { fileCount, folderCount };
}

/** Hands the tree to an index sink. */
export function generateIndex(
  options: { files: number; seed: number },
  sink: IndexSink,
): { fileCount: number; folderCount: number } {
  return generateTree(options, (_path, { folders, files }) => {
    sink.folder(folders.length, files.length);
    for (const { name, mtimeMs } of folders) sink.entry(Buffer.from(name), 0, mtimeMs);
    for (const { name, sizeBytes, mtimeMs } of files) sink.entry(Buffer.from(name), sizeBytes, mtimeMs);
  });
}

/**
 * The tree on disk, as sparse files with their sizes and times; made once and found again by its marker, since a million files take a
 * minute. Answers how many there are.
 */
export function writeGeneratedTree(
  target: string,
  options: { files: number; seed: number },
): { fileCount: number; folderCount: number } {
  mkdirSync(path.dirname(target), { recursive: true });
  const marker = `${target}.done`;
  const mark = JSON.stringify({ ...options, version: 1 });
  if (!existsSync(target) || !existsSync(marker)) {
    rmSync(marker, { force: true });
    rmSync(target, { recursive: true, force: true });
    generateTree(options, (relative, folder) => writeFolder(path.join(target, relative), folder));
    writeFileSync(marker, mark);
  }
  let fileCount = 0;
  const { folderCount } = generateTree(options, (_path, { files }) => (fileCount += files.length));
  return { fileCount, folderCount };
}

function writeFolder(absolute: string, { files, mtimeMs }: GeneratedFolder): void {
  mkdirSync(absolute, { recursive: true });
  for (const file of files) {
    const descriptor = openSync(path.join(absolute, file.name), 'w');
    ftruncateSync(descriptor, file.sizeBytes);
    futimesSync(descriptor, file.mtimeMs / 1000, file.mtimeMs / 1000);
    closeSync(descriptor);
  }
  utimesSync(absolute, mtimeMs / 1000, mtimeMs / 1000);
}

/** Units one after another until there are enough files. */
function planUnits({ files, seed }: { files: number; seed: number }): { units: Unit[]; fileCount: number } {
  const random = seededRandom(seed);
  const units: Unit[] = [];
  const taken = new Set<string>();
  let fileCount = 0;
  while (fileCount < files) {
    const area = pick(random, ['archive', 'data', 'documents', 'music', 'photos', 'projects', 'projects', 'projects', 'work']);
    const unit: Unit = { area, name: unitName(area, random), seed: Math.floor(random() * 2 ** 31) };
    if (taken.has(`${area}/${unit.name}`)) unit.name += `-${units.length}`;
    taken.add(`${area}/${unit.name}`);
    units.push(unit);
    fileCount += countFiles(makeUnit(unit));
  }
  return { units, fileCount };
}

function unitName(area: string, random: Random): string {
  if (area === 'photos') return `${2012 + Math.floor(random() * 14)} ${title(pick(random, words))} ${title(pick(random, words))}`;
  if (area === 'music') return `${title(pick(random, words))} ${title(pick(random, words))}`;
  return `${pick(random, words)}-${pick(random, words)}${random() < 0.3 ? `-${pick(random, words)}` : ''}`;
}

function makeUnit(unit: Unit): GeneratedFolder {
  const random = seededRandom(unit.seed);
  const made = { mtimeMs: timeFrom(random), name: unit.name };
  switch (unit.area) {
    case 'photos':
      return { ...made, ...photos(random) };
    case 'music':
      return { ...made, ...music(random) };
    case 'data':
      return { ...made, ...dataSet(random) };
    case 'documents':
    case 'archive':
      return { ...made, ...documents(random, 0) };
    default:
      return { ...made, ...project(random) };
  }
}

type Content = Pick<GeneratedFolder, 'folders' | 'files'>;

/** Camera numbers, a shot every few seconds. */
function photos(random: Random): Content {
  const prefix = pick(random, ['IMG_', 'DSC_', 'DSCF', 'P10', 'PXL_']);
  let number = Math.floor(random() * 8000);
  let timeMs = timeFrom(random);
  const folders = Array.from({ length: 1 + Math.floor(random() * 12) }, (_, day) => {
    timeMs += 86_400_000 * (0.3 + random());
    const files = Array.from({ length: 5 + Math.floor(random() * 40) }, () => {
      number = (number + 1 + Math.floor(random() * 3)) % 10_000;
      timeMs += random() * 240_000;
      return file(
        `${prefix}${String(number).padStart(4, '0')}.${pick(random, ['JPG', 'JPG', 'JPG', 'ARW', 'MP4'])}`,
        timeMs,
        4e6 * random(),
      );
    });
    return folder(`Day ${String(day + 1).padStart(2, '0')}`, timeMs, { folders: [], files });
  });
  return sorted({ folders, files: [] });
}

function music(random: Random): Content {
  const folders = Array.from({ length: 1 + Math.floor(random() * 8) }, () => {
    const timeMs = timeFrom(random);
    const files = Array.from({ length: 8 + Math.floor(random() * 8) }, (_, track) => {
      const name = `${String(track + 1).padStart(2, '0')} - ${phrase(random, 1 + Math.floor(random() * 4))}.${pick(random, ['flac', 'mp3', 'mp3', 'ogg'])}`;
      return file(name, timeMs + track * 1000, 3e7 * random());
    });
    files.push(file('cover.jpg', timeMs, 2e5 * random()));
    return folder(`${1965 + Math.floor(random() * 60)} - ${phrase(random, 1 + Math.floor(random() * 3))}`, timeMs, {
      folders: [],
      files,
    });
  });
  return sorted({ folders, files: [] });
}

/** Many files of one pattern in few folders. */
function dataSet(random: Random): Content {
  const stem = pick(random, words);
  const ending = pick(random, ['csv', 'json', 'parquet', 'png', 'npy', 'txt']);
  const folders = ['test', 'train', 'validation'].map((name) => {
    const timeMs = timeFrom(random);
    const files = Array.from({ length: 30 + Math.floor(random() * 400) }, (_, at) =>
      file(`${stem}_${String(at * 7).padStart(6, '0')}.${ending}`, timeMs + at * 50, 2e5 * random()),
    );
    return folder(name, timeMs, { folders: [], files });
  });
  return sorted({
    folders,
    files: [file('README.md', timeFrom(random), 5000 * random()), file('LICENSE', timeFrom(random), 1100)],
  });
}

function documents(random: Random, depth: number): Content {
  const timeMs = timeFrom(random);
  const files = Array.from({ length: 2 + Math.floor(random() * 14) }, () => {
    const stamp =
      random() < 0.3 ? `${2012 + Math.floor(random() * 14)}-${String(1 + Math.floor(random() * 12)).padStart(2, '0')} ` : '';
    const name = `${stamp}${phrase(random, 1 + Math.floor(random() * 4))}${random() < 0.1 ? ' (final)' : ''}.${pick(random, extensionsOf.documents)}`;
    return file(name, timeMs + random() * 1e9, 1e6 * random() ** 3);
  });
  const count = depth > 3 ? 0 : Math.floor(random() * 4);
  const folders = Array.from({ length: count }, () => folder(phrase(random, 1), timeFrom(random), documents(random, depth + 1)));
  return sorted({ folders, files });
}

/** Sources, tests, documentation, and packages that it depends on. */
function project(random: Random): Content {
  const timeMs = timeFrom(random);
  const language = pick(random, extensionsOf.languages);
  const top = ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json', '.gitattributes', '.editorconfig'];
  const files = top.filter(() => random() < 0.8).map((name) => file(name, timeMs + random() * 1e8, 8000 * random()));
  const folders = [
    folder('src', timeMs, sources(random, language, 0)),
    folder('test', timeMs, sources(random, language, 1)),
    folder('docs', timeMs, documents(random, 3)),
  ];
  if (random() < 0.5) {
    const packages = Array.from({ length: 5 + Math.floor(random() * 60) }, () => dependency(random, language));
    folders.push(folder(pick(random, ['packages', 'vendor', 'third_party']), timeMs, sorted({ folders: packages, files: [] })));
  }
  return sorted({ folders, files });
}

function dependency(random: Random, language: string): GeneratedFolder {
  const timeMs = timeFrom(random);
  const name = `${pick(random, words)}${random() < 0.6 ? `-${pick(random, words)}` : ''}`;
  const files = ['package.json', 'README.md', 'LICENSE', `index.${language}`].map((each) => file(each, timeMs, 6000 * random()));
  const folders = [folder('dist', timeMs, sources(random, language, 2)), folder('lib', timeMs, sources(random, language, 2))];
  return folder(name, timeMs, sorted({ folders: folders.slice(0, Math.floor(random() * 3)), files }));
}

function sources(random: Random, language: string, depth: number): Content {
  const timeMs = timeFrom(random);
  const files: GeneratedFile[] = [];
  for (let at = 0, count = 3 + Math.floor(random() * 14); at < count; at++) {
    const stem = camel(random, 1 + Math.floor(random() * 3));
    const name =
      depth === 1 ? `${stem}.test.${language}` : `${stem}.${random() < 0.85 ? language : pick(random, extensionsOf.sources)}`;
    files.push(file(name, timeMs + random() * 3e9, 30_000 * random() ** 2));
  }
  const count = depth > 3 ? 0 : Math.floor(random() * (4 - depth));
  const folders = Array.from({ length: count }, () =>
    folder(camel(random, 1), timeFrom(random), sources(random, language, depth + 1)),
  );
  return sorted({ folders, files });
}

function folder(name: string, mtimeMs: number, content: Content): GeneratedFolder {
  return { name, mtimeMs: Math.floor(mtimeMs), ...content };
}

function file(name: string, mtimeMs: number, sizeBytes: number): GeneratedFile {
  return { name, mtimeMs: Math.floor(mtimeMs), sizeBytes: Math.floor(sizeBytes) };
}

/** Byte order, each name once, none both a folder and a file. */
function sorted({ folders, files }: Content): Content {
  const seen = new Set<string>();
  const once = <T extends { name: string }>(items: T[]): T[] =>
    items.sort((a, b) => byBytes(a.name, b.name)).filter(({ name }) => !seen.has(name) && seen.add(name));
  return { folders: once(folders), files: once(files) };
}

function countFiles({ folders, files }: GeneratedFolder): number {
  return folders.reduce((sum, each) => sum + countFiles(each), files.length);
}

/** All names here are ASCII, or so that UTF-16 order is byte order. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from.');
  return item;
}

/** Words as text has them: few are frequent. */
function word(random: Random): string {
  return words[Math.floor(random() ** 2 * words.length)] ?? 'thing';
}

function phrase(random: Random, count: number): string {
  return Array.from({ length: count }, () => title(word(random))).join(' ');
}

function camel(random: Random, count: number): string {
  return Array.from({ length: count }, (_, at) => (at === 0 ? word(random) : title(word(random)))).join('');
}

function title(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function timeFrom(random: Random): number {
  return Math.floor(firstMs + random() ** 0.7 * (lastMs - firstMs));
}

/** Where generated trees are kept between benches: in the user's cache folder. */
export function generatedTreeFolder({ files, seed }: { files: number; seed: number }): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return path.join(cache, 'potluck-bench', `tree-${files}-${seed}`);
}
