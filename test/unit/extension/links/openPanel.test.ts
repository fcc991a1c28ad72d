import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPanel } from '../../../../src/extension/links/openPanel.ts';

/** As VS Code's: throws once it is closed. */
class Panel {
  readonly said: string[] = [];
  #isClosed = false;
  #closed: (() => void)[] = [];
  get visible(): boolean {
    return this.#open().said.length >= 0;
  }
  get webview() {
    return { postMessage: (message: string) => Promise.resolve(this.#open().said.push(message) > 0) };
  }
  onDidDispose(listener: () => void): void {
    this.#closed.push(listener);
  }
  dispose(): void {
    this.#isClosed = true;
    for (const listener of this.#closed) listener();
  }
  #open(): this {
    if (this.#isClosed) throw new Error('Webview is disposed');
    return this;
  }
}

test('an answer that comes after the page was closed is said to nobody, and fails nothing', () => {
  const panel = new Panel();
  const { post, isVisible } = openPanel<string>(panel);
  post('here');
  assert.equal(isVisible(), true);
  panel.dispose();
  post('gone');
  assert.equal(isVisible(), false);
  assert.deepEqual(panel.said, ['here']);
});
