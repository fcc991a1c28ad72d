// In words what a text that looks secret looks like. Must not know `vscode`.

import type { SecretKind } from '../protocol/model.ts';
import { t } from './text.ts';

/** What a text looks like, for a person. */
export function secretKindText(kind: SecretKind): string {
  switch (kind) {
    case 'private-key':
      return t('private key');
    case 'aws-key':
      return t('key of AWS');
    case 'github-token':
      return t('token of GitHub');
    case 'gitlab-token':
      return t('token of GitLab');
    case 'slack-token':
      return t('token of Slack');
    case 'google-key':
      return t('key of Google');
    case 'stripe-key':
      return t('key of Stripe');
    case 'npm-token':
      return t('token of npm');
    case 'model-key':
      return t('key of a language model');
    case 'url-password':
      return t('password in an address');
  }
}
