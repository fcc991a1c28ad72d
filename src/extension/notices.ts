// The only place that shows notifications: one at a time, for all parts of the extension. Modal questions are no notifications and do not wait.

import * as vscode from 'vscode';
import { limits } from './limits.ts';
import { createNoticeQueue } from './noticeQueue.ts';

const queue = createNoticeQueue(limits.noticesWaiting);

/** To what a person just did: an answer that comes late is none. */
const answer = { waitMs: limits.answerNoticeMs };
/** What nobody waits for. */
const news = { waitMs: limits.newsAgainMs };

/** Each answers the action that was taken. Texts are plain: names in them went through `messageName`. */
export const notices = {
  info: (text: string, ...actions: string[]) => queue.add(() => vscode.window.showInformationMessage(text, ...actions), answer),
  warning: (text: string, ...actions: string[]) => queue.add(() => vscode.window.showWarningMessage(text, ...actions), answer),
  error: (text: string, ...actions: string[]) => queue.add(() => vscode.window.showErrorMessage(text, ...actions), answer),
  news: (text: string, ...actions: string[]) => queue.add(() => vscode.window.showInformationMessage(text, ...actions), news),
  badNews: (text: string, ...actions: string[]) => queue.add(() => vscode.window.showWarningMessage(text, ...actions), news),
} as const;
