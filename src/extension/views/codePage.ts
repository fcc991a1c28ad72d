// A code as a page: QR symbol, text, link, and what to do with them. HTML without a script; all that is not ours is escaped. Must not know
// `vscode`.

import { qrSvg } from '../../client/qr.ts';
import type { OwnCode } from '../../protocol/model.ts';
import { escapeText, stillPage } from '../page.ts';
import { t } from '../text.ts';

export interface ShownCode {
  title: string;
  /** What whoever gets it can do, and until when. */
  sentences: readonly string[];
  code: OwnCode;
  /** Opens the editor with the code. */
  link: string;
}

/** `nonce` is of this page alone: only its own style counts. */
export function codePage({ title, sentences, code, link }: ShownCode, nonce: string): string {
  const copy = (form: 'code' | 'link', label: string): string =>
    `<a class="button" role="button" href="command:potluck.code.copyShown?${encodeURIComponent(JSON.stringify([form]))}">${escapeText(label)}</a>`;
  const body = `<main>
<h1>${escapeText(title)}</h1>
${sentences.map((sentence) => `<p>${escapeText(sentence)}</p>`).join('\n')}
<div class="qr">${qrSvg(code.uri, t('QR code of the code below'))}</div>
<h2>${escapeText(t('Code'))}</h2>
<p class="hint">${escapeText(t('To paste after "Potluck: Accept Invite or Code…", or "potluck accept" in a terminal.'))}</p>
<pre tabindex="0">${escapeText(code.text)}</pre>
<p>${copy('code', t('Copy Code'))}</p>
<h2>${escapeText(t('Link'))}</h2>
<p class="hint">${escapeText(t('Opens this kind of editor, where Potluck is installed, and asks before it does anything.'))}</p>
<pre tabindex="0">${escapeText(link)}</pre>
<p>${copy('link', t('Copy Link'))}</p>
</main>`;
  return stillPage({ title, style, body, nonce });
}

const style = `
body { color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); padding: 0 24px 24px; }
main { max-width: 640px; margin: 0 auto; }
h1 { font-size: 1.6em; font-weight: 600; margin: 24px 0 8px; }
h2 { font-size: 1.1em; font-weight: 600; margin: 20px 0 4px; }
p { margin: 4px 0; line-height: 1.5; }
.hint { color: var(--vscode-descriptionForeground); }
.qr { width: min(320px, 100%); margin: 16px 0; padding: 0; }
.qr svg { display: block; width: 100%; height: auto; border-radius: 4px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; margin: 8px 0; padding: 8px 10px; border-radius: 4px;
  color: var(--vscode-textPreformat-foreground); background: var(--vscode-textCodeBlock-background);
  font: var(--vscode-editor-font-size) var(--vscode-editor-font-family); }
.button { display: inline-block; padding: 5px 12px; border-radius: 2px; text-decoration: none;
  color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
.button:hover { color: var(--vscode-button-foreground); background: var(--vscode-button-hoverBackground); }
.button:focus, pre:focus { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
`;
