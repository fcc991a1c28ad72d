// The page that a ranged viewer's script draws into: a strict policy, our script and style, no word of a peer. Must not know `vscode`.

export interface PageParts {
  nonce: string;
  scriptUri: string;
  styleUri: string;
  /** Where VS Code serves the two from. */
  source: string;
}

/** Scripts and styles of ours alone; pictures and sound only of what the script has in memory; no network. */
export function viewerPage({ nonce, scriptUri, styleUri, source }: PageParts): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    'img-src blob:',
    'media-src blob:',
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Potluck</title>
<link rel="stylesheet" href="${escaped(styleUri)}">
</head>
<body>
<div id="viewer"></div>
<script nonce="${nonce}" src="${escaped(scriptUri)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
