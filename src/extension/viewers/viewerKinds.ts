// Which viewer suits which file, by its name and how it begins. Must not know `vscode`.

import type { ViewerKind } from '../../protocol/viewer.ts';

/** What Chromium shows of its own, by the ending of the name. SVG is shown as an image: scripts in it do not run. */
const mimes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  jpe: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  svg: 'image/svg+xml',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mov: 'video/quicktime',
};

export function mimeOfName(name: string): string {
  return mimes[/\.([^.]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? ''] ?? '';
}

/** By the name alone; undefined: it depends on how the file begins. */
export function kindOfName(name: string): ViewerKind | undefined {
  const [kind] = mimeOfName(name).split('/');
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : undefined;
}

/** Kinds that are played as they come, where their tables allow it: of any size. */
const streamed: readonly string[] = ['video/webm', 'video/mp4', 'video/quicktime', 'audio/mp4', 'audio/mpeg'];

/** The viewer to open a file of this name and size with; undefined: it depends on how the file begins. */
export function viewerOf(name: string, sizeBytes: number, wholeBytes: number): ViewerKind | undefined {
  return sizeBytes <= wholeBytes || streamed.includes(mimeOfName(name)) ? kindOfName(name) : undefined;
}

/** Text unless it holds what no text of one byte a sign does. */
export function kindOfStart(bytes: Uint8Array): ViewerKind {
  return bytes.includes(0) ? 'hex' : 'text';
}

/** The view types of package.json. */
export const viewTypes: Readonly<Record<ViewerKind, string>> = {
  text: 'potluck.viewer.text',
  hex: 'potluck.viewer.hex',
  image: 'potluck.viewer.image',
  audio: 'potluck.viewer.audio',
  video: 'potluck.viewer.video',
};
