// The frame of the board's page: its headings, tools and empty places. No name of a peer is in it; the script fills it in. Must not know `vscode`.

import type { BoardCommand } from '../../protocol/board.ts';
import { escapeText, type PageAssets, scriptedPage } from '../page.ts';
import { t } from '../text.ts';

/** Components of the toolkit style themselves by sheets made in script: the policy needs no exception for them. */
export function boardPage(assets: PageAssets): string {
  return scriptedPage({ title: t('Potluck Board'), body: body(), assets });
}

function body(): string {
  return `<main>
<h1 class="unseen">${escapeText(t('Potluck Board'))}</h1>
<div id="problem" class="problem" role="alert" hidden><span id="problemText"></span>${button('restart', t('Restart Sidecar'))}</div>
<div class="top">
<section class="panel" aria-label="${escapeText(t('Overview'))}"><dl id="tiles" class="tiles"></dl></section>
<section class="panel" aria-labelledby="ratesTitle">
<div class="rates"><h2 id="ratesTitle">${escapeText(t('Rates of the Last Five Minutes'))}</h2>
<span class="rate down">${escapeText(t('Down'))} <span id="down"></span></span>
<span class="rate up">${escapeText(t('Up'))} <span id="up"></span></span>
<span id="left" class="said"></span></div>
<canvas id="graph" role="img" aria-label="${escapeText(t('Rates of the last five minutes as a graph; the rates of now stand above it.'))}"></canvas>
</section>
</div>
<section class="panel" aria-labelledby="transfersTitle">
<div class="heading"><h2 id="transfersTitle">${escapeText(t('Transfers'))}</h2><span id="count" class="said"></span>
<div class="tools">
<vscode-text-field id="search" type="text" maxlength="200" placeholder="${escapeText(t('Filter by name'))}" aria-label="${escapeText(t('Filter by name'))}"></vscode-text-field>
<vscode-dropdown id="filter" aria-label="${escapeText(t('Which transfers are shown'))}">
<vscode-option value="all">${escapeText(t('All'))}</vscode-option>
<vscode-option value="active">${escapeText(t('Running and queued'))}</vscode-option>
<vscode-option value="waiting">${escapeText(t('Waiting and paused'))}</vscode-option>
<vscode-option value="ended">${escapeText(t('Ended'))}</vscode-option>
</vscode-dropdown>
${button('pauseAll', t('Pause All'))}${button('resumeAll', t('Resume All'))}${button('clear', t('Clear Finished'))}${button('history', t('History'))}
</div></div>
<div id="grid" class="grid" role="grid" tabindex="0" aria-labelledby="transfersTitle" aria-rowcount="1" hidden>
<div class="head" role="rowgroup"><div class="row" role="row" aria-rowindex="1">
<div class="cell name" role="columnheader">${escapeText(t('Name'))}</div><div class="cell peer" role="columnheader">${escapeText(t('Peer'))}</div>
<div class="cell progress" role="columnheader">${escapeText(t('Progress'))}</div><div class="cell said" role="columnheader">${escapeText(t('State'))}</div>
<div class="cell size" role="columnheader">${escapeText(t('Size'))}</div></div></div>
<div id="rows" class="rows" role="rowgroup"></div>
</div>
<p id="noMatch" class="empty said" hidden>${escapeText(t('No transfer passes the filter.'))}</p>
<div id="empty" class="empty"><p>${escapeText(t('Nothing comes or goes yet. What you download, and what peers take from you, is shown here.'))}</p></div>
</section>
<section id="detail" class="panel detail" aria-labelledby="detailTitle" hidden>
<div class="heading"><h2 id="detailTitle"></h2><span id="detailSaid" class="said"></span><div id="actions" class="tools"></div></div>
<p id="noSources" class="said">${escapeText(t('Who gives which part is shown here while it comes.'))}</p>
<div id="maps"></div>
<ul id="legend" class="legend" aria-label="${escapeText(t('Sources'))}"></ul>
</section>
<div class="columns">
<section class="panel" aria-labelledby="partiesTitle"><div class="heading"><h2 id="partiesTitle">${escapeText(t('Parties'))}</h2></div>
<ul id="parties" class="cards" tabindex="0" aria-labelledby="partiesTitle"></ul>
<div id="partiesEmpty" class="empty" hidden><p>${escapeText(t('You are in no party. People who join the same party see each other’s shares.'))}</p>${button('join', t('Join a Party'))}</div></section>
<section class="panel" aria-labelledby="sharesTitle"><div class="heading"><h2 id="sharesTitle">${escapeText(t('Your Shares'))}</h2></div>
<ul id="shares" class="cards" tabindex="0" aria-labelledby="sharesTitle"></ul>
<div id="sharesEmpty" class="empty" hidden><p>${escapeText(t('You share nothing. A shared folder stays where it is.'))}</p>${button('share', t('Share a Folder'))}</div></section>
<section class="panel" aria-labelledby="storageTitle"><div class="heading"><h2 id="storageTitle">${escapeText(t('Storage'))}</h2></div>
<p id="storageSaid" class="said"></p><ul id="storage" class="storage"></ul></section>
</div>
<div id="live" class="unseen" role="status" aria-live="polite"></div>
</main>`;
}

function button(command: BoardCommand, label: string): string {
  return `<vscode-button appearance="secondary" data-run="${command}">${escapeText(label)}</vscode-button>`;
}
