// Which texts look as if they held secrets: forms that their makers wrote down so that they can be found. Each finding is only a question to
// a person. Knows no files.

import type { SecretKind } from '../../protocol/model.ts';

interface SecretForm {
  kind: SecretKind;
  pattern: RegExp;
}

const forms: readonly SecretForm[] = [
  // RFC 7468 and OpenSSH, PuTTY, OpenPGP: whoever has the file is its owner.
  { kind: 'private-key', pattern: /-----BEGIN (?:[A-Z0-9]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[23]:/ },
  // IAM: access key ids begin with AKIA (lasting) or ASIA (session); the secret mostly stands beside it.
  { kind: 'aws-key', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/ },
  // GitHub's own forms, with a checksum, made for scanners.
  { kind: 'github-token', pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})/ },
  { kind: 'gitlab-token', pattern: /(?<![A-Za-z0-9])gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,64}/ },
  // Bot, user and app tokens, and webhooks: whoever has the address may post.
  {
    kind: 'slack-token',
    pattern:
      /(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{16,255}|hooks\.slack\.com\/services\/T[A-Z0-9]{6,}\/B[A-Z0-9]{6,}\/[A-Za-z0-9]{16,}/,
  },
  { kind: 'google-key', pattern: /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/ },
  // Live keys only: test ones are published in tutorials.
  { kind: 'stripe-key', pattern: /(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{20,255}/ },
  { kind: 'npm-token', pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/ },
  // Keys of makers of language models: they cost money.
  { kind: 'model-key', pattern: /(?<![A-Za-z0-9])sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9]{2,8}[A-Za-z0-9_-]{32,255}/ },
  // RFC 3986 userinfo. Placeholders (`<password>`, `${PASSWORD}`, `***`, the word itself) are what tutorials write.
  {
    kind: 'url-password',
    pattern:
      /(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{1,20}:\/\/[A-Za-z0-9._~%-]{1,64}:(?!(?:pass(?:word|wd)?|pwd|secret|example|x+|\*+)@)[A-Za-z0-9._~!&'()*+,;=%-]{4,128}@[A-Za-z0-9[]/i,
  },
];

/** What every form begins with or holds: texts without any of it, nearly all, are looked through once. */
const hint =
  /PRIVATE KEY|PuTTY-User|AKIA|ASIA|gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ptt)-|xox[abeprs]-|hooks\.slack|AIza|k_live_|npm_|sk-|:\/\/[^\s/@]{0,200}@/;

/** What it looks like, and the line (from 1) of the first find. Undefined: like nothing secret. Linear in the length of the text. */
export function secretsIn(text: string): { kinds: SecretKind[]; line: number } | undefined {
  if (!hint.test(text)) return undefined;
  const kinds: SecretKind[] = [];
  let first = Number.POSITIVE_INFINITY;
  for (const { kind, pattern } of forms) {
    const found = pattern.exec(text);
    if (found === null) continue;
    kinds.push(kind);
    first = Math.min(first, found.index);
  }
  return kinds.length === 0 ? undefined : { kinds, line: lineOf(text, first) };
}

function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
