// The frames of all our pages: a policy that lets nothing in but our own script and style, the language for screen readers, the title. What stands
// in a page is its own file's. Must not know `vscode`.

import { escapeText } from '../client/html.ts';
import { textLanguage } from './text.ts';

export { escapeText };

/** What a page with a script needs beside its HTML. */
export interface PageAssets {
  /** Of this page alone: no other script runs. */
  nonce: string;
  /** Of this page alone: messages without it are refused, both ways. */
  session?: string;
  /** As the webview loads them. */
  scriptUri: string;
  styleUri: string;
  /** `webview.cspSource`. */
  source: string;
}

interface Scripted {
  title: string;
  /** HTML; what is not ours in it is escaped. */
  body: string;
  assets: PageAssets;
  /** Directives beside the strict ones. */
  policy?: readonly string[];
}

interface Still {
  title: string;
  /** CSS; nothing of anybody else is in it. */
  style: string;
  /** HTML; what is not ours in it is escaped. */
  body: string;
  /** Of this page alone: no other style counts. */
  nonce: string;
}

/** A page that a script of ours works on. Nothing is fetched, framed, posted or evaluated. */
export function scriptedPage({ title, body, assets, policy = [] }: Scripted): string {
  const { nonce, session, scriptUri, styleUri, source } = assets;
  return frame({
    title,
    policy: [`style-src ${source}`, `script-src 'nonce-${nonce}'`, ...policy],
    head: `<link rel="stylesheet" href="${escapeText(styleUri)}">`,
    open: session === undefined ? '<body>' : `<body data-session="${escapeText(session)}">`,
    body: `${body}\n<script nonce="${nonce}" src="${escapeText(scriptUri)}"></script>`,
  });
}

/** A page without a script. */
export function stillPage({ title, style, body, nonce }: Still): string {
  return frame({
    title,
    policy: [`style-src 'nonce-${nonce}'`],
    head: `<style nonce="${nonce}">${style}</style>`,
    open: '<body>',
    body,
  });
}

interface Frame {
  title: string;
  policy: readonly string[];
  head: string;
  open: string;
  body: string;
}

function frame({ title, policy, head, open, body }: Frame): string {
  const directives = ["default-src 'none'", ...policy, "base-uri 'none'", "form-action 'none'"].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeText(textLanguage())}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escapeText(directives)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
${head}
</head>
${open}
${body}
</body>
</html>`;
}
