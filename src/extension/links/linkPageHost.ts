// Behind one page of a link file: answers what the page asks, does what a person clicked there, and looks again as peers come and go.

import * as vscode from 'vscode';
import type { LinkContents, LinkFileStatus, LinkStatus } from '../../protocol/links.ts';
import {
  linkPageRows,
  parseFromLinkPage,
  type FromLinkPage,
  type LinkPageAction,
  type LinkPageRow,
  type LinkRowAction,
  type ToLinkPage,
} from '../../protocol/linkPage.ts';
import { revealLocal } from '../commands/revealLocal.ts';
import { displayName } from '../displayText.ts';
import { invalidArgument } from '../failures.ts';
import { baseName } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { firstHere, linkFacts, linkRow, statusLines, verificationLines, type Difference, type ReadLink } from './linkDocument.ts';
import { chooseTarget, copyMagnet, downloadLink, reopenWith, saveTorrent, sourceOf, verifyLink } from './linkWork.ts';

export interface PageSurroundings {
  uri: vscode.Uri;
  /** Of this page alone: messages without it are not its. */
  session: string;
  read: () => ReadLink;
  post: (message: ToLinkPage) => void;
  isVisible: () => boolean;
}

/** What reading a folder found, by path. */
interface Verified {
  lines: string[];
  differences: ReadonlyMap<string, Difference>;
  /** More differ than are named: then nothing is said of the others. */
  isWhole: boolean;
}

export class LinkPage {
  readonly #services: Services;
  readonly #around: PageSurroundings;
  readonly #subscriptions: { dispose(): void }[];
  #revision = 0;
  #status: LinkStatus | undefined;
  #verified: Verified | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReady = false;
  #isStale = false;

  constructor(services: Services, around: PageSurroundings) {
    this.#services = services;
    this.#around = around;
    const { sidecar } = services;
    const soon = (): void => this.#soon();
    this.#subscriptions = [
      sidecar.on('peers/changed', soon),
      sidecar.on('catalog/changed', soon),
      sidecar.on('downloads/changed', ({ download }) => {
        if (download.state === 'done') soon();
      }),
      sidecar.onDidConnect(soon),
    ];
  }

  /** What the page said: anything, checked here. */
  receive(message: unknown): void {
    const asked = parseFromLinkPage(message, this.#around.session);
    if (asked === undefined) {
      this.#services.log.warn(t('A message that no page of Potluck sends was dropped.'));
      return;
    }
    this.#answer(asked).catch((error: unknown) => this.#services.messages.failure(error));
  }

  /** The file has another text now. */
  changed(): void {
    this.#status = undefined;
    this.#verified = undefined;
    this.#newRows();
    this.#postState();
    this.#soon();
  }

  shown(): void {
    if (this.#isStale && this.#around.isVisible()) this.#soon();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #answer(asked: FromLinkPage): Promise<void> {
    switch (asked.kind) {
      case 'ready':
        this.#isReady = true;
        this.#postState();
        this.#soon(0);
        return;
      case 'rows':
        if (asked.revision === this.#revision) await this.#postRows(asked.offset);
        return;
      case 'do':
        await this.#do(asked.action);
        return;
      case 'file':
        if (asked.revision === this.#revision) await this.#doFile(asked.index, asked.action);
        return;
    }
  }

  async #do(action: LinkPageAction): Promise<void> {
    const services = this.#services;
    const { uri } = this.#around;
    if (action === 'asText') {
      await reopenWith(uri, 'default');
      return;
    }
    const { link, source } = this.#readable();
    switch (action) {
      case 'download':
        await downloadLink(services, source);
        return;
      case 'downloadTo': {
        const folder = await chooseTarget(t('Download to Which Folder?'), t('Download'));
        if (folder !== undefined) await downloadLink(services, source, { folder });
        return;
      }
      case 'look':
        await services.sidecar.connected();
        await this.#look();
        return;
      case 'verify': {
        const revision = this.#revision;
        const verified = await verifyLink(services, source);
        if (verified === undefined || revision !== this.#revision) return;
        const { found, folder } = verified;
        const differing = found.changedFiles + found.missingFiles + found.unreadableFiles;
        this.#verified = {
          lines: verificationLines(found, folder),
          differences: new Map(found.differences.map(({ path, state }) => [path, state])),
          isWhole: found.differences.length >= differing,
        };
        this.#newRows();
        this.#postState();
        return;
      }
      case 'reveal': {
        await services.sidecar.connected();
        await this.#look();
        const here = await firstHere(this.#status, (offset, limit) => this.#statusOf(offset, limit));
        if (here === undefined) void services.messages.info(t('Nothing of it is known to be on this machine.'));
        else await revealLocal(here);
        return;
      }
      case 'torrent':
        await saveTorrent(services, source, link.title);
        return;
      case 'magnet':
        await copyMagnet(services, source);
        return;
    }
  }

  async #doFile(index: number, action: LinkRowAction): Promise<void> {
    const { link, source } = this.#readable();
    const file = link.files[index];
    if (file === undefined) return;
    if (action === 'download') {
      await downloadLink(this.#services, source, link.kind === 'file' ? {} : { paths: [file.path] });
      return;
    }
    const [status] = await this.#statusOf(index, 1);
    // Never run, never handed to another program.
    if (status?.localPath !== undefined) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(status.localPath));
    else this.#soon(0);
  }

  #readable(): { link: LinkContents; source: ReturnType<typeof sourceOf> } {
    const { link, text } = this.#around.read();
    if (link === undefined) throw invalidArgument(t('a link file that can be read'));
    return { link, source: sourceOf(this.#around.uri, text) };
  }

  #soon(delayMs: number = limits.linkStatusMs): void {
    this.#isStale = true;
    if (!this.#isReady || !this.#around.isVisible()) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // Looked up again with the next change; a click says what is wrong.
      if (this.#services.sidecar.state === 'running') this.#look().catch(() => undefined);
    }, delayMs);
  }

  /** Asks what is known here, and draws it. */
  async #look(): Promise<void> {
    const { link, text } = this.#around.read();
    if (link === undefined) return;
    this.#isStale = false;
    const revision = this.#revision;
    const source = sourceOf(this.#around.uri, text);
    const status = await this.#services.sidecar.request('links/status', { ...source, offset: 0, limit: linkPageRows });
    if (revision !== this.#revision) return;
    this.#status = status;
    // The page asks anew for the rows that are seen.
    this.#postState();
  }

  #newRows(): void {
    this.#revision += 1;
  }

  async #statusOf(offset: number, limit: number): Promise<LinkFileStatus[]> {
    const { text } = this.#around.read();
    const source = sourceOf(this.#around.uri, text);
    return (await this.#services.sidecar.request('links/status', { ...source, offset, limit })).files;
  }

  async #postRows(offset: number): Promise<void> {
    const revision = this.#revision;
    const { link } = this.#around.read();
    const files = link?.files.slice(offset, offset + linkPageRows) ?? [];
    if (files.length === 0) return;
    let known: LinkFileStatus[] = [];
    if (this.#status !== undefined)
      known = offset === 0 ? this.#status.files : await this.#statusOf(offset, linkPageRows).catch(() => []);
    if (revision !== this.#revision) return;
    const byPath = new Map(known.map((status) => [status.path, status]));
    const rows = files.map((file): LinkPageRow => {
      const status = byPath.get(file.path);
      const verified = this.#verifiedOf(file.path);
      return linkRow(file, { ...(status === undefined ? {} : { status }), ...(verified === undefined ? {} : { verified }) });
    });
    this.#around.post({ kind: 'rows', revision, offset, rows });
  }

  #verifiedOf(path: string): Difference | 'same' | undefined {
    if (this.#verified === undefined) return undefined;
    return this.#verified.differences.get(path) ?? (this.#verified.isWhole ? 'same' : undefined);
  }

  #postState(): void {
    const { link, problem, warnings } = this.#around.read();
    const { world } = this.#services;
    const asText = { id: 'asText', label: t('Reopen as Text'), isMain: false } as const;
    const base = { kind: 'state', revision: this.#revision, listLabel: t('Files of the link') } as const;
    if (link === undefined) {
      const title = displayName(baseName(this.#around.uri.path));
      const said = problem ?? t('It cannot be read.');
      this.#around.post({ ...base, title, facts: [], problem: said, warnings: [], said: [], fileCount: 0, actions: [asText] });
      return;
    }
    const known = this.#status === undefined ? [] : statusLines(this.#status);
    this.#around.post({
      ...base,
      title: displayName(link.title, 200),
      facts: linkFacts(link, (peerId) => world.peer(peerId)?.name),
      warnings: warnings.map((warning) => displayName(warning, 300)),
      said: [...(this.#verified?.lines ?? []), ...known],
      fileCount: link.files.length,
      actions: [
        { id: 'download', label: t('Download'), isMain: true },
        { id: 'downloadTo', label: t('Download to…'), isMain: false },
        ...(this.#status === undefined ? [{ id: 'look', label: t('Look Who Has It'), isMain: false } as const] : []),
        { id: 'verify', label: t('Verify…'), isMain: false },
        { id: 'reveal', label: t('Reveal'), isMain: false },
        { id: 'torrent', label: t('Save as Torrent…'), isMain: false },
        { id: 'magnet', label: t('Copy Magnet Link'), isMain: false },
        asText,
      ],
    });
  }
}
