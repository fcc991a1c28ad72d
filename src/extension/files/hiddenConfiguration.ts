// Which entries of a share the `potluck:` file system hides: configuration that VS Code, its extensions or agents act on without asking.
// VS Code trusts workspace folders of custom schemes (DESIGN decision 7), so a peer's tasks.json would otherwise be read as the user's own.
// Hidden at every level, mounted or not: a mount cannot race with a rule that always holds. Our own tree view shows them, as files.

// Names are compared lower-cased and NFC: the systems of those tools may fold case.
const folders = new Set([
  '.vscode',
  '.vscode-server',
  '.git',
  '.hg',
  '.svn',
  '.jj',
  '.devcontainer',
  '.idea',
  '.vs',
  '.zed',
  '.fleet',
  '.husky',
  '.githooks',
  '.claude',
  '.cursor',
  '.windsurf',
  '.codeium',
  '.continue',
  '.cline',
  '.clinerules',
  '.roo',
  '.kiro',
  '.gemini',
  '.codex',
  '.opencode',
  '.amazonq',
  '.augment',
  '.aider',
  '.trae',
  '.qodo',
  '.goose',
  '.agents',
  '.agent',
  '.copilot',
  '.yarn',
  '.direnv',
  '.cargo',
  '.bundle',
]);

const files = new Set([
  '.git',
  '.gitmodules',
  '.gitconfig',
  '.devcontainer.json',
  'devcontainer.json',
  'agents.md',
  'agents.override.md',
  'agent.md',
  'claude.md',
  'claude.local.md',
  'gemini.md',
  'qwen.md',
  'warp.md',
  'crush.md',
  'skill.md',
  '.goosehints',
  '.rules',
  '.cursorrules',
  '.windsurfrules',
  '.clinerules',
  '.roorules',
  '.roomodes',
  '.aider.conf.yml',
  '.mcp.json',
  'mcp.json',
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.pnpmfile.cjs',
  '.pypirc',
  'pip.conf',
  '.netrc',
  '_netrc',
  '.envrc',
  '.env',
  '.tool-versions',
  'mise.toml',
  '.mise.toml',
  '.lldbinit',
  '.gdbinit',
  '.vimrc',
  '.exrc',
  '.nvim.lua',
  '.nvimrc',
  '.dir-locals.el',
  '.kilocodemodes',
]);

const patterns = [
  /\.code-workspace$/,
  /\.code-profile$/,
  /\.(instructions|prompt|chatmode|agent)\.md$/,
  /^\.env\./,
  /^\.eslintrc(\.|$)/,
  /^\.prettierrc(\.|$)/,
];

/** Inside `.github` only what agents read is hidden; workflows and templates are just files here. */
const githubNames = new Set([
  'copilot-instructions.md',
  'copilot-setup-steps.yml',
  'instructions',
  'prompts',
  'chatmodes',
  'agents',
  'skills',
  'hooks',
]);

function folded(name: string): string {
  // NTFS and Win32 drop trailing dots and spaces, and `name:stream` is another way to say the name.
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '');
}

/** Whether an entry named `name` in a folder named `folderName` is hidden by itself. */
export function isHiddenName(name: string, folderName: string): boolean {
  const lower = folded(name);
  if (folders.has(lower) || files.has(lower) || patterns.some((pattern) => pattern.test(lower))) return true;
  return folded(folderName) === '.github' && githubNames.has(lower);
}

/** Whether the entry at `path` (parts joined by `/`) is hidden, by its own name or by a folder above it. */
export function isHiddenPath(path: string): boolean {
  if (path === '') return false;
  let folderName = '';
  for (const name of path.split('/')) {
    if (isHiddenName(name, folderName)) return true;
    folderName = name;
  }
  return false;
}
