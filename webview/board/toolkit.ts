// The one place where components of @vscode/webview-ui-toolkit are registered: the few that the board uses, and nothing else of it.
// The toolkit is no longer developed; what is taken from it here is easily replaced, and nothing else names it.

import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption(), vsCodeTextField());
}
