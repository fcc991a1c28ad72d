// What is said about a party's name while it is typed: whether it can be guessed, and whether it is something else. Must not know `vscode`.

import { displayName, shortPartyName } from '../displayText.ts';
import { t } from '../text.ts';

export interface NameRemark {
  text: string;
  /** `warning` and `info` do not keep anybody from joining. */
  severity: 'error' | 'warning' | 'info';
}

const maxNameCharacters = 128;

/** Undefined: nothing to say, the name is a secret that nobody guesses. */
export function nameRemark(typed: string): NameRemark | undefined {
  const name = typed.trim();
  if (name === '') return { text: t('Type a name.'), severity: 'error' };
  if (isCode(name)) return { text: t('That is a code. Press Enter to see what it would do.'), severity: 'info' };
  if ([...name].length > maxNameCharacters) return { text: t('At most {0} characters.', maxNameCharacters), severity: 'error' };
  if (isSecret(name)) return undefined;
  return {
    text: t('Public: this name can be guessed. Whoever does is a member and sees what you share with everyone.'),
    severity: 'warning',
  };
}

/** An invite or connect code, or a link with one, where a name was asked for. */
export function isCode(typed: string): boolean {
  return /^\s*(?:potluck-[a-z0-9-]{40}|potluck:[a-z0-9]{40}|[a-z][a-z0-9+.-]*:\/\/[a-z0-9_.-]+\/code\/?#)/i.test(typed);
}

/** Made by Potluck, of 128 random bits: rows show only how such a name begins. */
function isSecret(name: string): boolean {
  return shortPartyName(name) !== displayName(name);
}
