// What the status bar item says: who is here, what moves, how long it takes still. Must not know `vscode`.

import type { SidecarStatus, TransferRates } from '../protocol/model.ts';
import type { SidecarState } from './sidecar.ts';
import { formatBytes, formatCount, formatDuration, formatPeers, formatRate, t } from './text.ts';

export interface Status {
  text: string;
  /** The tooltip, and what a screen reader says. */
  said: string;
  /** More for the tooltip: how the network lets us be reached, who waits for an answer. */
  details: string[];
  isProblem: boolean;
  /** Something is being transferred, or waits for its turn: a click shows it. */
  isMoving: boolean;
}

export interface StatusWorld {
  peers: readonly { isOnline: boolean }[];
  rates: TransferRates | undefined;
  status?: Pick<SidecarStatus, 'network'> | undefined;
  requests?: readonly unknown[];
}

export function statusOf(state: SidecarState, world: StatusWorld): Status {
  const still = (text: string, said: string, isProblem = false): Status => ({
    text,
    said,
    details: [],
    isProblem,
    isMoving: false,
  });
  switch (state) {
    case 'idle':
      return still('$(broadcast)', t('Potluck: not started yet'));
    case 'starting':
      return still('$(loading~spin)', t('Potluck: starting'));
    case 'lost':
      return still('$(loading~spin)', t('Potluck: the sidecar stopped and is started again'));
    case 'stopped':
      return still('$(broadcast) $(debug-stop)', t('Potluck: stopped'));
    case 'failed':
      return still('$(broadcast) $(warning)', t('Potluck: the sidecar does not run'), true);
    case 'running':
      return runningStatus(world);
  }
}

function runningStatus({ peers, rates, status, requests = [] }: StatusWorld): Status {
  const online = peers.filter(({ isOnline }) => isOnline).length;
  const text = [`$(broadcast) ${formatCount(online)}`];
  const said = [t('Potluck: {0} online', formatPeers(online))];
  const isDown = rates !== undefined && (rates.downloads > 0 || rates.downloadBytesPerSecond > 0);
  const isUp = rates !== undefined && (rates.uploads > 0 || rates.uploadBytesPerSecond > 0);
  if (isDown) {
    const rate = formatRate(rates.downloadBytesPerSecond);
    text.push(`$(arrow-down) ${rate}`);
    said.push(t('downloading {0}, {1}, {2} left', formatCount(rates.downloads), rate, formatBytes(rates.leftBytes)));
  }
  if (isUp) {
    const rate = formatRate(rates.uploadBytesPerSecond);
    text.push(`$(arrow-up) ${rate}`);
    said.push(t('uploading {0}, {1}', formatCount(rates.uploads), rate));
  }
  if (isDown && rates.secondsLeft !== undefined) {
    const left = formatDuration(rates.secondsLeft);
    text.push(`· ${left}`);
    said.push(t('{0} left', left));
  }
  if (rates?.isSlow === true) {
    text.push(`$(dashboard) ${t('slow')}`);
    said.push(t('slow mode'));
  }
  const details = status === undefined ? [] : [networkText(status.network)];
  if (requests.length > 0) {
    details.push(
      requests.length === 1 ? t('1 peer asks to be let in') : t('{0} peers ask to be let in', formatCount(requests.length)),
    );
  }
  return { text: text.join(' '), said: said.join(', '), details, isProblem: false, isMoving: isDown || isUp };
}

/** How others reach this machine, in a line. */
function networkText({ state, isBootstrapUnreachable, nat }: SidecarStatus['network']): string {
  if (state === 'starting') return t('Network: starting');
  if (state === 'offline') return t('Network: offline');
  if (isBootstrapUnreachable) return t('Network: no bootstrap node answers, only the local network is searched');
  switch (nat) {
    case 'open':
      return t('Network: you are reached from everywhere (open)');
    case 'consistent':
      return t('Network: nearly everybody is reached directly (consistent NAT)');
    case 'random':
      return t('Network: some peers are reached only through a relay (random NAT)');
    case 'unknown':
      return t('Network: the kind of NAT is not known yet');
  }
}
