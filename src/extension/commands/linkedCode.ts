// What a link to this extension carries. Any web page can make one: it is a code in the fragment of `/code` and nothing else, or it is refused.
// Must not know `vscode`.

import { maxCodeCharacters } from '../../protocol/codes.ts';
import { AppError } from '../../protocol/errors.ts';
import { t } from '../text.ts';

/** The parts of the link, as VS Code took it apart and decoded them. */
export interface LinkParts {
  path: string;
  query: string;
  fragment: string;
}

/** The code in it, as text for `codes/inspect`. Throws `invalid-argument`, which never repeats what stands in the link. */
export function linkedCode({ path, query, fragment }: LinkParts): string {
  if (path !== '/code' && path !== '/code/') throw wrong(t('That link is for another version of Potluck, or for nothing.'));
  if (query !== '') throw wrong(t('That link has more in it than a code. Ask for another one.'));
  if (fragment.length > maxCodeCharacters) throw wrong(t('That link is too long to be a code.'));
  if (!/^[a-z0-9]+$/i.test(fragment)) throw wrong(t('There is no code in that link. Copy it again, whole.'));
  return `potluck-${fragment}`;
}

function wrong(message: string): AppError {
  return new AppError('invalid-argument', message);
}
