// esbuild plugin: native addons in a bundle without node_modules. A Holepunch addon's binding.js looks for prebuilds beside its own
// package.json, which a bundle does not have; it is replaced by a plain require() of ../prebuilds/<platform>-<arch>/<name>.node beside
// dist/, and that one file of the target platform is copied there.

import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'esbuild';

interface AddonManifest {
  name: string;
  version: string;
  addon?: boolean;
}

/** `outFolder`: the prebuilds folder, beside the bundles' folder. `target`: for example `linux-x64`. */
export function nativeAddons(outFolder: string, target: string): Plugin {
  return {
    name: 'native-addons',
    setup(build) {
      build.onLoad({ filter: /[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+[\\/]binding\.js$/ }, ({ path: binding }) => {
        const folder = path.dirname(binding);
        const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as AddonManifest;
        if (!manifest.addon) return null;
        const file = `${manifest.name.replace(/^@/, '').replace('/', '__')}.node`;
        const from = path.join(folder, 'prebuilds', target, file);
        if (!existsSync(from))
          return { errors: [{ text: `${manifest.name} ${manifest.version} has no prebuilt binary for ${target}` }] };
        copyAtomically(from, path.join(outFolder, target, file));
        return { loader: 'js', contents: requirePrebuild(file) };
      });
    },
  };
}

/** A running sidecar may have the old file mapped: a new file takes its name, the old one is never written into. */
function copyAtomically(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}`;
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

/** A lookup beside the bundle; run on a platform that this package was not made for, it says so. */
function requirePrebuild(file: string): string {
  return `
    const { existsSync } = require('node:fs');
    const platform = process.platform + '-' + process.arch;
    const file = require('node:path').join(__dirname, '..', 'prebuilds', platform, ${JSON.stringify(file)});
    if (!existsSync(file)) throw new Error('This build of Potluck has no ' + ${JSON.stringify(file)} + ' for ' + platform + '. Install the package made for this platform.');
    module.exports = require(file);
  `;
}
