// What tests change in a profile of driver.ts after it was made.

import { writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes a language known to VS Code, as a language pack does, but one without a word: VS Code itself goes on in English, extensions speak the
 * language if they can. Real packs are not to be had from where the tests install. Call it after extensions are installed: that lists packs anew.
 */
export function addLanguage(profile: string, locale: string): void {
  const words = path.join(profile, 'data', `${locale}.i18n.json`);
  writeFileSync(words, JSON.stringify({ '': [], version: '1.0.0', contents: {} }));
  const extensions = [{ extensionIdentifier: { id: `test.language-pack-${locale}` }, version: '1.0.0' }];
  const pack = { hash: 'none', extensions, translations: { vscode: words }, label: locale };
  writeFileSync(path.join(profile, 'data', 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}
