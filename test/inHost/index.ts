// Entry of the in-host suite: VS Code calls run() inside the extension host (extensionTestsPath). Each *.test file beside it is loaded by
// mocha; what passed and failed is written to E2E_RESULT, because the log is full of other things once the window closes.

import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

declare const __dirname: string;

export async function run(): Promise<void> {
  // Mocha is an ES module: hosts differ in what a bundled `require` of one gives, all import it alike.
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 60_000, reporter: 'spec' });
  for (const name of readdirSync(__dirname).sort()) {
    if (/\.test\.c?js$/.test(name)) mocha.addFile(path.join(__dirname, name));
  }
  return new Promise((resolve, reject) => {
    const passed: string[] = [];
    const pending: string[] = [];
    const failed: { title: string; error: string }[] = [];
    const runner = mocha.run((failures) => {
      const file = process.env['E2E_RESULT'];
      if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, pending, failed }));
      if (failures > 0 || passed.length === 0) reject(new Error(`${failures} tests failed, ${passed.length} passed`));
      else resolve();
    });
    runner.on('pass', (test) => passed.push(test.fullTitle()));
    runner.on('pending', (test) => pending.push(test.fullTitle()));
    runner.on('fail', (test, error: unknown) => {
      failed.push({ title: test.fullTitle(), error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
  });
}
