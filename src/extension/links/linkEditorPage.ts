// The frame of a link file's page: our script and style, and nothing from anybody else. Must not know `vscode`.

export interface PageParts {
  /** Of this page alone. */
  nonce: string;
  /** As the webview loads them. */
  scriptUri: string;
  styleUri: string;
  /** `webview.cspSource`. */
  source: string;
  language: string;
}

export function linkEditorPage({ nonce, scriptUri, styleUri, source, language }: PageParts): string {
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escaped(styleUri)}">
<title>Potluck</title>
</head>
<body>
<main id="page"></main>
<script nonce="${nonce}" src="${escaped(scriptUri)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
