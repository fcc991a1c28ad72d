// The panel that shows the page of one file or folder, and draws it again when what it says may be another. One at a time; the next takes its place.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { EntryRef } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { fileFacts, fileFactsAgain } from './fileFacts.ts';
import { filePage, pageCommands, type FileFacts } from './filePage.ts';

export class FilePanel {
  readonly #services: Pick<Services, 'sidecar' | 'world'>;
  #panel: vscode.WebviewPanel | undefined;
  #facts: FileFacts | undefined;
  #isDirty = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: Pick<Services, 'sidecar' | 'world'>) {
    this.#services = services;
  }

  /** Rejects as `fileFacts`, and then shows what it showed before. */
  async show(entry: EntryRef): Promise<void> {
    const facts = await fileFacts(entry, this.#services);
    this.#panel ??= this.#open();
    this.#draw(facts);
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(): vscode.WebviewPanel {
    const { sidecar, world } = this.#services;
    const panel = vscode.window.createWebviewPanel('potluck.page', 'Potluck', vscode.ViewColumn.Active, {
      enableScripts: false,
      enableForms: false,
      enableCommandUris: [...pageCommands],
      localResourceRoots: [],
    });
    const following = vscode.Disposable.from(
      world.onDidChange((changed, ids) => {
        // Progress changes nothing here.
        const hasEnded = [...(ids ?? [])].some((id) => world.downloads.get(id)?.finishedAtMs !== undefined);
        if (changed.has('peers') || changed.has('shares') || hasEnded) this.#soon();
      }),
      sidecar.on('catalog/changed', () => this.#soon()),
      panel.onDidChangeViewState(() => {
        if (this.#isDirty) this.#soon();
      }),
    );
    panel.onDidDispose(() => {
      following.dispose();
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#panel = undefined;
      this.#facts = undefined;
    });
    return panel;
  }

  /** Now and then, and while nobody looks not at all. */
  #soon(): void {
    this.#isDirty = true;
    if (this.#panel?.visible !== true) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#again();
    }, limits.pageRedrawMs);
  }

  async #again(): Promise<void> {
    const shown = this.#facts;
    if (shown === undefined) return;
    this.#isDirty = false;
    const facts = await fileFactsAgain(shown, this.#services);
    // Another may be shown by now, or none.
    if (this.#facts === shown && JSON.stringify(facts) !== JSON.stringify(shown)) this.#draw(facts);
  }

  #draw(facts: FileFacts): void {
    this.#facts = facts;
    if (this.#panel === undefined) return;
    this.#panel.title = displayName(facts.name);
    this.#panel.webview.html = filePage(facts, randomBytes(16).toString('hex'), Date.now());
  }
}
