// The page that shows a code, beside the editors: one at a time, without scripts, and gone when the window is reloaded, for codes are secrets.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { deepLinkOf } from '../../protocol/codes.ts';
import type { OwnCode } from '../../protocol/model.ts';
import { codePage, type ShownCode } from './codePage.ts';

export class CodePanel {
  readonly #extensionId: string;
  #panel: vscode.WebviewPanel | undefined;
  #shown: ShownCode | undefined;

  constructor(extensionId: string) {
    this.#extensionId = extensionId;
  }

  /** Opens this kind of editor (stable, Insiders, VSCodium …), where Potluck is installed. */
  linkOf(code: OwnCode): string {
    return deepLinkOf(code, { uriScheme: vscode.env.uriScheme, extensionId: this.#extensionId });
  }

  show(what: Omit<ShownCode, 'link'>): void {
    this.#shown = { ...what, link: this.linkOf(what.code) };
    const panel = this.#panel ?? this.#open();
    panel.title = what.title;
    panel.webview.html = codePage(this.#shown, randomBytes(16).toString('hex'));
    panel.reveal();
  }

  /** One form of the code that is shown; undefined when none is. */
  form(form: 'code' | 'link'): string | undefined {
    return form === 'link' ? this.#shown?.link : this.#shown?.code.text;
  }

  /** Closes the page if it shows this code: it does nothing any more. */
  withdraw(code: OwnCode): void {
    if (code.text !== '' && this.#shown?.code.text === code.text) this.dispose();
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(): vscode.WebviewPanel {
    const panel = vscode.window.createWebviewPanel('potluck.code', 'Potluck', vscode.ViewColumn.Active, {
      enableScripts: false,
      enableForms: false,
      enableCommandUris: ['potluck.code.copyShown'],
      localResourceRoots: [],
    });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#shown = undefined;
    });
    this.#panel = panel;
    return panel;
  }
}
