// Bundles the extension, the sidecar, the CLI and the sidecar's workers with esbuild into one folder, and the in-host tests into
// dist-test/. No node_modules is needed at run time: JavaScript is bundled, native addons are copied (nativeAddons.ts).

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { nativeAddons } from './nativeAddons.ts';
import { noticesFor } from './notices.ts';
import { root } from './projectRoot.ts';

/** The platforms that a package is made for. */
export const targets = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'] as const;
export type Target = (typeof targets)[number];

/** Name of the bundle to its source. */
const entryPoints: Readonly<Record<string, string>> = {
  extension: 'src/extension/extension.ts',
  sidecar: 'src/sidecar/main.ts',
  cli: 'src/cli/main.ts',
  bootstrapNode: 'src/sidecar/bootstrapNode.ts',
  walkWorker: 'src/sidecar/shares/walkWorker.ts',
  watchWorker: 'src/sidecar/shares/watch/watchWorker.ts',
  indexWorker: 'src/sidecar/catalog/index/indexWorker.ts',
  packWorker: 'src/sidecar/catalog/index/packWorker.ts',
  searchWorker: 'src/sidecar/catalog/search/searchWorker.ts',
  searchBuildProcess: 'src/sidecar/catalog/search/searchBuildProcess.ts',
  detailWorker: 'src/sidecar/catalog/details/detailWorker.ts',
  describeWorker: 'src/sidecar/shares/details/describeWorker.ts',
  hashWorker: 'src/sidecar/transfers/content/hashWorker.ts',
  diskWorker: 'src/sidecar/transfers/disk/diskWorker.ts',
};

/** The oldest Node that a bundle meets: VS Code 1.106. */
const runtime = 'node22.16';

export interface BundleOptions {
  target: Target;
  /** Where dist/ and prebuilds/ are made; the project's folder by default. */
  outFolder?: string;
  /** With sourcemaps; left out of packages. */
  sourcemap?: boolean;
  /** Missing entry points are left out with a warning. Only for a tree that is not whole. */
  allowMissing?: boolean;
}

/** `node scripts/build.mjs [--target T] [--watch] [--allow-missing]` */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { target: { type: 'string' }, watch: { type: 'boolean' }, 'allow-missing': { type: 'boolean' } },
  });
  const target = values.target === undefined ? hostTarget() : parseTarget(values.target);
  if (values.watch) return watch(target);
  const startedAt = Date.now();
  await bundle({ target, sourcemap: true, allowMissing: values['allow-missing'] === true });
  await bundleInHostTests();
  console.log(`Built dist/ for ${target} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`);
}

/** Bundles everything that runs at a user's. Throws when an entry point or a native binary is missing. */
export async function bundle(options: BundleOptions): Promise<void> {
  const outFolder = options.outFolder ?? root;
  const result = await esbuild.build({ ...shippedOptions(options), metafile: true });
  if (result.metafile && existsSync(path.join(outFolder, 'dist'))) {
    const notices = noticesFor(Object.keys(result.metafile.inputs));
    writeFileSync(path.join(outFolder, 'dist', 'THIRD-PARTY-NOTICES.txt'), notices);
  }
}

/** The in-host suite: each test file by itself, so that mocha can load them one by one. */
export async function bundleInHostTests(): Promise<void> {
  const folder = path.join(root, 'test', 'inHost');
  if (!existsSync(folder)) return;
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  rmSync(path.join(root, 'dist-test', 'inHost'), { recursive: true, force: true });
  await esbuild.build({
    ...commonOptions(),
    entryPoints: sources.map((name) => path.join(folder, name)),
    outdir: path.join(root, 'dist-test', 'inHost'),
    // Mocha is a module whose CommonJS part is required by name: require() of modules differs between the Nodes of VS Code.
    alias: { mocha: 'mocha/lib/mocha.cjs' },
    external: ['vscode', 'mocha/lib/mocha.cjs'],
    sourcemap: 'inline',
  });
}

/** A script of ours beside workers that it starts, as they run at a user's: for benches, where reading TypeScript would cost memory. */
export async function bundleBeside(source: string, workers: readonly string[], folder: string): Promise<string> {
  const name = path.basename(source, '.ts');
  const sources = [
    [name, path.join(root, source)],
    ...workers.map((worker) => [worker, path.join(root, entryPoints[worker] ?? '')]),
  ];
  await esbuild.build({ ...commonOptions(), entryPoints: Object.fromEntries(sources) as Record<string, string>, outdir: folder });
  return path.join(folder, `${name}.cjs`);
}

/** This machine's target. Throws where no package is made for it. */
export function hostTarget(): Target {
  return parseTarget(`${process.platform}-${process.arch}`);
}

export function parseTarget(text: string): Target {
  const target = targets.find((known) => known === text);
  if (target === undefined) throw new Error(`There is no package for ${JSON.stringify(text)}. Targets: ${targets.join(', ')}.`);
  return target;
}

function commonOptions() {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: runtime,
    format: 'cjs',
    logLevel: 'warning',
    outExtension: { '.js': '.cjs' },
    // Bundles are CommonJS, sources are modules: give them the URL they ask for.
    define: { 'import.meta.url': 'importMetaUrl', 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  } satisfies esbuild.BuildOptions;
}

function shippedOptions({ target, outFolder = root, sourcemap = false, allowMissing = false }: BundleOptions) {
  const missing = Object.values(entryPoints).filter((source) => !existsSync(path.join(root, source)));
  if (missing.length > 0 && !allowMissing) throw new Error(`These entry points are missing: ${missing.join(', ')}.`);
  if (missing.length > 0) console.warn(`Left out, not there: ${missing.join(', ')}`);
  const present = Object.entries(entryPoints).filter(([, source]) => !missing.includes(source));
  return {
    ...commonOptions(),
    entryPoints: Object.fromEntries(present),
    outdir: path.join(outFolder, 'dist'),
    external: ['vscode'],
    minify: true,
    keepNames: true,
    legalComments: 'none', // they stand in THIRD-PARTY-NOTICES.txt
    sourcemap: sourcemap ? 'linked' : false,
    plugins: [nativeAddons(path.join(outFolder, 'prebuilds'), target)],
  } satisfies esbuild.BuildOptions;
}

async function watch(target: Target): Promise<void> {
  const report: esbuild.Plugin = {
    name: 'report',
    setup(build) {
      build.onEnd(({ errors }) => console.log(`${new Date().toLocaleTimeString()} built, ${errors.length} errors`));
    },
  };
  const options = shippedOptions({ target, sourcemap: true, allowMissing: true });
  const context = await esbuild.context({ ...options, plugins: [...options.plugins, report] });
  console.log('[watch] started'); // the background task's problem matcher waits for this line
  await context.watch();
}
