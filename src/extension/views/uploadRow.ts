// What the rows of uploads say, and of peers that are given nothing. Must not know `vscode`.

import type { RefusedPeer, UploadInfo } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { baseName } from '../files/uris.ts';
import { formatBytes, formatCount, formatFiles, formatPercent, formatRate, t } from '../text.ts';
import { linkText } from './downloadRow.ts';
import type { Row } from './row.ts';

/** One upload is one file, or files of one folder, of one share to one peer. */
export function uploadKey({ peerId, ownerId, shareId, path, startedAtMs }: UploadInfo): string {
  return `${peerId}/${ownerId}/${shareId}/${startedAtMs}/${path}`;
}

export function uploadState(upload: UploadInfo): string {
  if (upload.state === 'waiting') {
    return upload.position === undefined ? t('waits for its turn') : t('waits, place {0}', formatCount(upload.position));
  }
  const percent = formatPercent(upload.sentBytes, upload.totalBytes);
  return upload.bytesPerSecond > 0 ? `${percent} · ${formatRate(upload.bytesPerSecond)}` : percent;
}

export function uploadRow(id: string, upload: UploadInfo): Row {
  const files = upload.fileCount > 1 ? formatFiles(upload.fileCount) : '';
  const last = displayName(baseName(upload.path));
  const name = upload.path === '' ? files || t('the whole share') : last;
  const to = displayName(upload.name);
  const said = [t('to {0}', to), upload.path === '' ? '' : files, uploadState(upload)].filter((part) => part !== '').join(' · ');
  const lines = [
    upload.path === '' ? name : longDisplayName(upload.path),
    t('To {0}: {1} of {2}', to, formatBytes(upload.sentBytes), formatBytes(upload.totalBytes)),
    uploadState(upload),
    linkText(upload.link),
    t('Key: {0}', upload.peerId),
  ];
  return {
    id,
    label: name,
    description: said,
    tooltip: lines.join('\n'),
    icon: upload.state === 'running' ? 'cloud-upload' : 'clock',
    ...(upload.state === 'running' ? { color: 'charts.blue' } : {}),
    children: 'none',
    context: `upload.${upload.state}`,
    accessibility: t('Upload {0}, {1}', name, said),
  };
}

export function refusedRow(id: string, { name, reason, peerId }: RefusedPeer): Row {
  const label = displayName(name);
  const said = reason === '' ? t('is given nothing') : t('is given nothing: {0}', displayName(reason, 200));
  return {
    id,
    label,
    description: said,
    tooltip: [longDisplayName(name), said, t('Key: {0}', peerId)].join('\n'),
    icon: 'circle-slash',
    children: 'none',
    context: 'refused',
    accessibility: `${label}, ${said}`,
  };
}
