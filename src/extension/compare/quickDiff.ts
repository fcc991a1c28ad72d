// Changes of local files against peers' copies, in the gutter: VS Code asks a source control for the other text. Ours is there only while
// somebody uses it, and has nothing but that.

import * as vscode from 'vscode';
import { t } from '../text.ts';

export class PeerQuickDiff {
  /** Local file to a peer's copy, both as text. */
  readonly #copies = new Map<string, vscode.Uri>();
  #control: vscode.SourceControl | undefined;

  has(local: vscode.Uri): boolean {
    return this.#copies.has(local.toString());
  }

  show(local: vscode.Uri, copy: vscode.Uri): void {
    this.#copies.set(local.toString(), copy);
    // Made anew, so that VS Code asks anew for files that are open.
    this.#control?.dispose();
    const control = vscode.scm.createSourceControl('potluck', t("Peers' Copies"));
    control.inputBox.visible = false;
    control.quickDiffProvider = { provideOriginalResource: (uri) => this.#copies.get(uri.toString()) };
    this.#control = control;
  }

  hide(local: vscode.Uri): void {
    this.#copies.delete(local.toString());
    if (this.#copies.size > 0) return;
    this.dispose();
  }

  dispose(): void {
    this.#control?.dispose();
    this.#control = undefined;
  }
}
