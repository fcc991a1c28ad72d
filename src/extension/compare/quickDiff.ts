// Changes of local files against peers' copies, in the gutter: VS Code asks a source control for the other text. Ours is there only while
// somebody uses it, and has nothing but that.

import * as vscode from 'vscode';
import { t } from '../text.ts';
import { setContext } from '../views/contexts.ts';

export class PeerQuickDiff {
  /** Local file to a peer's copy, both as text. */
  readonly #copies = new Map<string, vscode.Uri>();
  #control: vscode.SourceControl | undefined;

  async show(local: vscode.Uri, copy: vscode.Uri): Promise<void> {
    this.#copies.set(local.toString(), copy);
    await this.#renew();
  }

  async hide(local: vscode.Uri): Promise<void> {
    if (this.#copies.delete(local.toString())) await this.#renew();
  }

  dispose(): void {
    this.#control?.dispose();
    this.#control = undefined;
  }

  /** The control is made anew, so that VS Code asks anew for files that are open. */
  async #renew(): Promise<void> {
    this.dispose();
    const { size } = this.#copies;
    if (size > 0) {
      this.#control = vscode.scm.createSourceControl('potluck', t("Peers' Copies"));
      this.#control.inputBox.visible = false;
      this.#control.quickDiffProvider = { provideOriginalResource: (uri) => this.#copies.get(uri.toString()) };
    }
    await setContext('hasCopyInGutter', size > 0);
  }
}
