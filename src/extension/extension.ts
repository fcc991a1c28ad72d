// Entry point: makes each part once, in order, and hands them to each other. Starts no process, opens no socket and reads no file: the
// sidecar starts when something needs it.

import * as vscode from 'vscode';
import { createApi, type PotluckApi } from './api.ts';
import { BoardPanel } from './board/boardPanel.ts';
import { registerCodeLinks } from './commands/codeLink.ts';
import { registerCommands } from './commands/register.ts';
import { registerDecorations } from './decorations/decorations.ts';
import { PotluckFileSystem } from './files/fileSystem.ts';
import { createOpenAllowance } from './files/openAllowance.ts';
import { scheme } from './files/uris.ts';
import { limits } from './limits.ts';
import { registerLinkEditor } from './links/linkEditor.ts';
import { registerLinkLens } from './links/linkLens.ts';
import { registerTextLinks } from './links/textLinks.ts';
import { connectLog } from './logChannel.ts';
import { createMessages } from './messages.ts';
import { registerReports } from './reports.ts';
import { FindFiles } from './search/findFiles.ts';
import { RecentSearches } from './search/recentSearches.ts';
import { Offers } from './sending/offers.ts';
import { registerLinkDrop } from './sending/dragDrop.ts';
import { registerOffers } from './sending/offersView.ts';
import { dataFolder, maxOpenBytes, registerSettings } from './settings.ts';
import { Sidecar, type Connection } from './sidecar.ts';
import { registerStatusBar } from './statusBar.ts';
import { registerTerminals } from './terminals.ts';
import { setTranslator, t } from './text.ts';
import { CodePanel } from './views/codePanel.ts';
import { registerViewers } from './viewers/viewers.ts';
import { registerViews } from './views/register.ts';
import { World } from './world.ts';

export function activate(context: vscode.ExtensionContext): PotluckApi {
  const startedMs = performance.now();
  const { language } = vscode.env;
  setTranslator(
    (message, ...args) => vscode.l10n.t(message, ...args),
    language,
    vscode.l10n.bundle === undefined ? 'en' : language,
  );

  const log = vscode.window.createOutputChannel('Potluck', { log: true });
  const messages = createMessages(log);
  const sidecar = new Sidecar(() => connect(context));
  const world = new World(sidecar);
  const allowance = createOpenAllowance();
  const fileSystem = new PotluckFileSystem(sidecar, {
    allowance,
    maxOpenBytes,
    onTooLarge: (entry) => void vscode.commands.executeCommand('potluck.entry.offerTooLarge', entry),
  });
  const offers = new Offers(sidecar);
  const { peersView, results, reveal, disposable: views } = registerViews(sidecar, world, { state: context.globalState, offers });
  const findFiles = new FindFiles(sidecar, {
    recent: new RecentSearches(context.globalState),
    watches: () => world.watches,
    showAll: (query) => vscode.commands.executeCommand('potluck.search.showAll', query),
    showWatch: (watch) => vscode.commands.executeCommand('potluck.watch.show', watch),
    addWatch: (query) => vscode.commands.executeCommand('potluck.watch.add', query),
    onFailure: (error) => messages.failure(error),
  });

  const { showReport, disposable: reports } = registerReports();

  const codePanel = new CodePanel(context.extension.id);
  const board = new BoardPanel({ extensionUri: context.extensionUri, sidecar, world, log });
  const services = {
    sidecar,
    world,
    fileSystem,
    allowance,
    messages,
    peersView,
    results,
    reveal,
    findFiles,
    board,
    codePanel,
    showReport,
    offers,
    log,
    extensionId: context.extension.id,
  };

  context.subscriptions.push(
    log,
    reports,
    connectLog(log, sidecar),
    registerSettings(sidecar, (error) => messages.failure(error)),
    fileSystem,
    vscode.workspace.registerFileSystemProvider(scheme, fileSystem, { isCaseSensitive: true, isReadonly: readOnlyMessage() }),
    views,
    registerCommands(services),
    registerCodeLinks(services),
    board,
    codePanel,
    offers,
    registerOffers(sidecar, offers, world, context.globalState),
    registerLinkEditor(services, context.extensionUri),
    registerTextLinks(services),
    registerLinkLens(),
    registerLinkDrop(),
    registerViewers({ extensionUri: context.extensionUri, sidecar, fileSystem, world }),
    registerStatusBar(sidecar, world),
    registerDecorations(sidecar, world),
    registerTerminals(context),
    sidecar.onDidChangeState((state) => {
      if (state !== 'failed') return;
      const retry = (): void => void vscode.commands.executeCommand('potluck.sidecar.restart');
      messages.failure(sidecar.failure, { retry, label: t('Restart Sidecar') });
    }),
    world,
    sidecar,
  );
  return createApi(sidecar, performance.now() - startedMs);
}

async function connect(context: vscode.ExtensionContext): Promise<Connection> {
  // Loaded now rather than at the top: JSON-RPC is most of the bundle, and activation does not need it.
  const { SidecarClient } = await import('../client/sidecarClient.ts');
  const folder = dataFolder();
  const bootstrap = process.env['POTLUCK_BOOTSTRAP'];
  return SidecarClient.connect({
    dataFolder: folder,
    client: 'vscode',
    clientVersion: versionOf(context),
    launch: {
      execPath: process.execPath,
      script: context.asAbsolutePath('dist/sidecar.cjs'),
      env: { POTLUCK_HOME: folder, ...(bootstrap === undefined ? {} : { POTLUCK_BOOTSTRAP: bootstrap }) },
    },
    timeoutMs: limits.connectMs,
  });
}

function versionOf(context: vscode.ExtensionContext): string {
  const manifest = context.extension.packageJSON as { version?: unknown };
  return typeof manifest.version === 'string' ? manifest.version : '0.0.0';
}

/** Shown by VS Code when somebody types into a file of a peer. Holds no text of a peer, and one command that takes no argument. */
function readOnlyMessage(): vscode.MarkdownString {
  const link = `[${t('Download a copy')}](command:potluck.entry.downloadActive)`;
  const message = new vscode.MarkdownString(t('This file belongs to a peer and is read-only. {0} to change it.', link));
  message.isTrusted = { enabledCommands: ['potluck.entry.downloadActive'] };
  return message;
}
