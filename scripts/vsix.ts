// Makes potluck-<target>.vsix for one or all platforms, on any of them. Each is staged in a folder of its own, so that the project's
// dist/ and prebuilds/, which tests and running sidecars use, stay as they are.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle, hostTarget, parseTarget, targets, type Target } from './bundle.ts';
import { root } from './projectRoot.ts';

/** What a package is made of beside dist/ and prebuilds/; .vscodeignore still has its say. */
const staged = [
  '.vscodeignore',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  ...picturesOf('README.md'),
  'bin',
  'l10n',
  'media',
  'package.json',
  'package.nls.json',
  'package.nls.de.json',
  'schemas',
];

/** `node scripts/package.mjs [TARGET… | all]`: this machine's target by default. */
export async function main(args: string[]): Promise<void> {
  const wanted = args.includes('all') ? [...targets] : args.length > 0 ? args.map(parseTarget) : [hostTarget()];
  for (const target of wanted) {
    const file = await packageVsix(target);
    console.log(`${path.relative(process.cwd(), file)}  ${(statSync(file).size / 1e6).toFixed(2)} MB`);
  }
}

/** Bundles and packs; answers the file's path. `outFolder`: the project's folder by default. */
export async function packageVsix(target: Target, outFolder = root): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-package-'));
  try {
    for (const name of staged)
      if (existsSync(path.join(root, name))) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), shippedManifest());
    await bundle({ target, outFolder: folder });
    const packagePath = path.join(outFolder, `potluck-${target}.vsix`);
    // The project has no public address yet: links stay relative, and the pictures come along.
    const links = ['--allow-missing-repository', '--no-rewrite-relative-links'];
    runVsce(['package', '--no-dependencies', ...links, '--target', target, '--out', packagePath], folder);
    return packagePath;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files that a Markdown page shows. */
function picturesOf(page: string): string[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].flatMap(([, file]) => (file === undefined ? [] : [file]));
}

/** The manifest without what only development needs: dependencies are in the bundles. */
function shippedManifest(): string {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  for (const key of ['scripts', 'dependencies', 'devDependencies', 'allowScripts', 'private']) delete manifest[key];
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Its own process: in ours it would print a tree of files for each package. */
function runVsce(args: string[], cwd: string): void {
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vsce, ...args], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`vsce failed (${status}):\n${stdout}\n${stderr}`);
}
