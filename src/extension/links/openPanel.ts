// The panel of a page as long as it is open: VS Code throws at whoever asks a closed one, and what was asked of the sidecar may be answered later than
// that. Must not know `vscode`.

/** What of `vscode.WebviewPanel` is used. */
export interface Panel<Message> {
  readonly visible: boolean;
  readonly webview: { postMessage(message: Message): PromiseLike<boolean> };
  onDidDispose(listener: () => void): unknown;
}

export interface OpenPanel<Message> {
  /** Says nothing to a page that was closed. */
  post: (message: Message) => void;
  isVisible: () => boolean;
}

export function openPanel<Message>(panel: Panel<Message>): OpenPanel<Message> {
  let isOpen = true;
  panel.onDidDispose(() => {
    isOpen = false;
  });
  return {
    post: (message) => {
      if (isOpen) void panel.webview.postMessage(message);
    },
    isVisible: () => isOpen && panel.visible,
  };
}
