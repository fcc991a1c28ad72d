import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHiddenPath } from '../../../../src/extension/files/hiddenConfiguration.ts';

const hidden = [
  '.vscode',
  '.vscode/settings.json',
  'deep/er/.vscode/tasks.json',
  '.VSCODE/tasks.json',
  '.vscode./tasks.json',
  '.vscode /tasks.json',
  '.vscode::$INDEX_ALLOCATION/tasks.json',
  '.git',
  'a/.git/config',
  '.devcontainer/devcontainer.json',
  '.devcontainer.json',
  'x.code-workspace',
  'a/b/Project.Code-Workspace',
  '.github/copilot-instructions.md',
  'a/.github/instructions/x.instructions.md',
  '.github/prompts/evil.prompt.md',
  'docs/review.prompt.md',
  'AGENTS.md',
  'agents.md',
  'sub/CLAUDE.md',
  'CLAUDE.local.md',
  '.claude/settings.json',
  '.cursor/rules/a.mdc',
  '.cursorrules',
  '.mcp.json',
  'GEMINI.md',
  '.npmrc',
  '.yarnrc.yml',
  '.env',
  '.env.local',
  '.envrc',
  '.gitmodules',
  '.husky/pre-commit',
  '.idea/workspace.xml',
];

for (const path of hidden) {
  test(`hidden: ${path}`, () => assert.equal(isHiddenPath(path), true));
}

const shown = [
  '',
  'README.md',
  '.github',
  '.github/workflows/ci.yml',
  'vscode/settings.json',
  'src/git/index.ts',
  'instructions.md',
  'copilot-instructions.md',
  'agents/notes.md',
  'package.json',
  '.gitignore',
  'environment',
  '.editorconfig',
];

for (const path of shown) {
  test(`shown: ${path === '' ? '(the root)' : path}`, () => assert.equal(isHiddenPath(path), false));
}
