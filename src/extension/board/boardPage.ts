// The frame of the board's page: its headings, tools and empty places. No name of a peer is in it; the script fills it in. Must not know `vscode`.

import type { BoardCommand } from '../../protocol/board.ts';
import { t } from '../text.ts';

export interface PageParts {
  /** Both of this page alone. */
  nonce: string;
  session: string;
  /** As the webview loads them. */
  scriptUri: string;
  styleUri: string;
  /** `webview.cspSource`. */
  source: string;
  language: string;
}

export function boardPage({ nonce, session, scriptUri, styleUri, source, language }: PageParts): string {
  // Nothing is fetched, framed, posted or evaluated; the script is ours alone. Components of the toolkit style themselves by sheets made in script.
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escaped(styleUri)}">
<title>${escaped(t('Potluck Board'))}</title>
</head>
<body data-session="${escaped(session)}">
<main>
<h1 class="unseen">${escaped(t('Potluck Board'))}</h1>
<div id="problem" class="problem" role="alert" hidden><span id="problemText"></span>${button('restart', t('Restart Sidecar'))}</div>
<div class="top">
<section class="panel" aria-label="${escaped(t('Overview'))}"><dl id="tiles" class="tiles"></dl></section>
<section class="panel" aria-labelledby="ratesTitle">
<div class="rates"><h2 id="ratesTitle">${escaped(t('Rates of the Last Five Minutes'))}</h2>
<span class="rate down">${escaped(t('Down'))} <span id="down"></span></span>
<span class="rate up">${escaped(t('Up'))} <span id="up"></span></span>
<span id="left" class="said"></span></div>
<canvas id="graph" role="img" aria-label="${escaped(t('Rates of the last five minutes as a graph; the rates of now stand above it.'))}"></canvas>
</section>
</div>
<section class="panel" aria-labelledby="transfersTitle">
<div class="heading"><h2 id="transfersTitle">${escaped(t('Transfers'))}</h2><span id="count" class="said"></span>
<div class="tools">
<vscode-text-field id="search" type="text" maxlength="200" placeholder="${escaped(t('Filter by name'))}" aria-label="${escaped(t('Filter by name'))}"></vscode-text-field>
<vscode-dropdown id="filter" aria-label="${escaped(t('Which transfers are shown'))}">
<vscode-option value="all">${escaped(t('All'))}</vscode-option>
<vscode-option value="active">${escaped(t('Running and queued'))}</vscode-option>
<vscode-option value="waiting">${escaped(t('Waiting and paused'))}</vscode-option>
<vscode-option value="ended">${escaped(t('Ended'))}</vscode-option>
</vscode-dropdown>
${button('pauseAll', t('Pause All'))}${button('resumeAll', t('Resume All'))}${button('clear', t('Clear Finished'))}${button('history', t('History'))}
</div></div>
<div id="grid" class="grid" role="grid" tabindex="0" aria-labelledby="transfersTitle" aria-rowcount="1" hidden>
<div class="head" role="rowgroup"><div class="row" role="row" aria-rowindex="1">
<div class="cell name" role="columnheader">${escaped(t('Name'))}</div><div class="cell peer" role="columnheader">${escaped(t('Peer'))}</div>
<div class="cell progress" role="columnheader">${escaped(t('Progress'))}</div><div class="cell said" role="columnheader">${escaped(t('State'))}</div>
<div class="cell size" role="columnheader">${escaped(t('Size'))}</div></div></div>
<div id="rows" class="rows" role="rowgroup"></div>
</div>
<p id="noMatch" class="empty said" hidden>${escaped(t('No transfer passes the filter.'))}</p>
<div id="empty" class="empty"><p>${escaped(t('Nothing comes or goes yet. What you download, and what peers take from you, is shown here.'))}</p></div>
</section>
<section id="detail" class="panel detail" aria-labelledby="detailTitle" hidden>
<div class="heading"><h2 id="detailTitle"></h2><span id="detailSaid" class="said"></span><div id="actions" class="tools"></div></div>
<p id="noSources" class="said">${escaped(t('Who gives which part is shown here while it comes.'))}</p>
<div id="maps"></div>
<ul id="legend" class="legend" aria-label="${escaped(t('Sources'))}"></ul>
</section>
<div class="columns">
<section class="panel" aria-labelledby="partiesTitle"><div class="heading"><h2 id="partiesTitle">${escaped(t('Parties'))}</h2></div>
<ul id="parties" class="cards" tabindex="0" aria-labelledby="partiesTitle"></ul>
<div id="partiesEmpty" class="empty" hidden><p>${escaped(t('You are in no party. People who join the same party see each other’s shares.'))}</p>${button('join', t('Join a Party'))}</div></section>
<section class="panel" aria-labelledby="sharesTitle"><div class="heading"><h2 id="sharesTitle">${escaped(t('Your Shares'))}</h2></div>
<ul id="shares" class="cards" tabindex="0" aria-labelledby="sharesTitle"></ul>
<div id="sharesEmpty" class="empty" hidden><p>${escaped(t('You share nothing. A shared folder stays where it is.'))}</p>${button('share', t('Share a Folder'))}</div></section>
<section class="panel" aria-labelledby="storageTitle"><div class="heading"><h2 id="storageTitle">${escaped(t('Storage'))}</h2></div>
<p id="storageSaid" class="said"></p><ul id="storage" class="storage"></ul></section>
</div>
<div id="live" class="unseen" role="status" aria-live="polite"></div>
</main>
<script nonce="${nonce}" src="${escaped(scriptUri)}"></script>
</body>
</html>`;
}

function button(command: BoardCommand, label: string): string {
  return `<vscode-button appearance="secondary" data-run="${command}">${escaped(label)}</vscode-button>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
