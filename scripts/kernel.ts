// `node scripts/kernel.ts`: compiles assembly/kernel.ts to WebAssembly and writes it, as base64, to src/sidecar/catalog/search/kernelBytes.ts. Only needed
// after the kernel was changed (a test tells); AssemblyScript is fetched for it: `npm install --no-save assemblyscript@0.28.20`.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './projectRoot.ts';

const source = path.join(root, 'assembly', 'kernel.ts');
const target = path.join(root, 'src', 'sidecar', 'catalog', 'search', 'kernelBytes.ts');
const compilerFlags = [
  '-O3',
  '--runtime',
  'stub',
  '--noAssert',
  '--enable',
  'simd',
  '--enable',
  'bulk-memory',
  '--initialMemory',
  '16',
];

interface Compiler {
  main(args: string[]): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

/** What kernelBytes.ts must say for this source. */
export function kernelSourceHash(): string {
  return createHash('sha256').update(readFileSync(source)).digest('hex');
}

async function compile(compiler: Compiler): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-kernel-'));
  try {
    const out = path.join(folder, 'kernel.wasm');
    const { error, stderr } = await compiler.main([source, '--outFile', out, '--baseDir', '/', ...compilerFlags]);
    if (error) throw new Error(`The kernel does not compile:\n${stderr.toString()}`);
    const base64 = readFileSync(out).toString('base64');
    const lines = (base64.match(/.{1,120}/g) ?? []).map((line) => `  '${line}',`);
    writeFileSync(
      target,
      [
        '// Made by scripts/kernel.ts from assembly/kernel.ts; not to be edited.',
        '',
        `export const sourceHash = '${kernelSourceHash()}';`,
        '',
        '/** A WebAssembly module, base64. */',
        'export const kernelBase64 = [',
        ...lines,
        "].join('');",
        '',
      ].join('\n'),
    );
    console.log(`Wrote ${path.relative(root, target)}: ${readFileSync(out).length} bytes of WebAssembly.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  // Not a dependency: 100 MB for one file that rarely changes.
  const from = process.argv[2] ?? path.join(root, 'node_modules', 'assemblyscript');
  const compiler = (await import(pathToFileURL(path.join(from, 'dist', 'asc.js')).href)) as { default: Compiler };
  await compile(compiler.default);
}
