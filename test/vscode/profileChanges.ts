// What tests change in a profile of driver.ts after it was made.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a language known to VS Code, as a language pack does, but one without a word: VS Code itself goes on in English, extensions speak the
 * language if they can. Real packs are not to be had from where the tests install. Call it after extensions are installed: that lists packs anew.
 */
export function addLanguage(profile: string, locale: string): void {
  const words = path.join(profile, 'data', `${locale}.i18n.json`);
  writeFileSync(words, JSON.stringify({ '': [], version: '1.0.0', contents: {} }));
  const pack = { hash: 'none', extensions: [], translations: { vscode: words }, label: locale };
  writeFileSync(path.join(profile, 'data', 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}

/** Changes settings of the user; open windows follow. */
export function changeSettings(profile: string, changes: Record<string, unknown>): void {
  const file = path.join(profile, 'data/User/settings.json');
  const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...settings, ...changes }, null, 2));
}
