// Pictures, sound and films: read whole, in ranges, with progress and an end at any time, then shown from memory.

import { type ViewerKind, viewerMaxima } from '../../src/protocol/viewer.ts';
import { button, element } from './elements.ts';
import type { Host } from './host.ts';
import { filled, sizeText } from './place.ts';

export interface WholeOptions {
  kind: Exclude<ViewerKind, 'text' | 'hex'>;
  name: string;
  mime: string;
  sizeBytes: number;
  /** The most that is held in memory. */
  wholeBytes: number;
  texts: Record<string, string>;
  host: Host;
}

const { readBytes } = viewerMaxima;
/** Ranges asked for at a time. */
const pipelined = 4;

export function showWhole(root: HTMLElement, options: WholeOptions): void {
  const { sizeBytes, texts, host } = options;
  const say = (key: string): string => texts[key] ?? '';
  const news = element('p', { role: 'status' });
  const bar = element('progress', { label: say('loading') });
  bar.max = Math.max(1, sizeBytes);
  const page = element('div', { className: 'whole' });
  root.replaceChildren(page);

  const downloadIt = (): HTMLButtonElement => button(say('download'), () => host.download());
  if (sizeBytes > options.wholeBytes) {
    news.textContent = say('tooLarge');
    page.replaceChildren(news, downloadIt());
    return;
  }
  void load();

  async function load(): Promise<void> {
    const running = new Set<number>();
    const stopping = { isStopped: false };
    const stop = button(say('stop'), () => {
      stopping.isStopped = true;
      for (const id of running) host.cancel(id);
    });
    page.replaceChildren(news, bar, stop);
    const parts: BlobPart[] = [];
    let done = 0;
    let next = 0;
    let failure: string | undefined;
    const told = (): void => {
      bar.value = done;
      news.textContent = `${say('loading')} ${filled(say('place'), sizeText(done, navigator.language), sizeText(sizeBytes, navigator.language), `${Math.floor((done / Math.max(1, sizeBytes)) * 100)} %`)}`;
    };
    const worker = async (): Promise<void> => {
      while (next < sizeBytes && failure === undefined && !stopping.isStopped) {
        const offset = next;
        next += readBytes;
        const { id, answer } = host.ask({ type: 'read', offset, length: Math.min(readBytes, sizeBytes - offset) }, (slow) => {
          if (done === 0) news.textContent = slow;
        });
        running.add(id);
        const answered = await answer;
        running.delete(id);
        if (answered.type === 'failed') failure = answered.message;
        if (answered.type !== 'bytes') return;
        parts[offset / readBytes] = new Uint8Array(answered.bytes);
        done += answered.bytes.length;
        told();
      }
    };
    told();
    await Promise.all(Array.from({ length: pipelined }, worker));
    if (failure === undefined && !stopping.isStopped) {
      show(new Blob(parts, { type: options.mime }));
      return;
    }
    news.textContent = failure ?? say('cancelled');
    page.replaceChildren(
      news,
      button(say('retry'), () => void load()),
      downloadIt(),
    );
  }

  function show(blob: Blob): void {
    const url = URL.createObjectURL(blob);
    const wrong = (): void => {
      news.textContent = say('notShown');
      page.replaceChildren(news, downloadIt());
      URL.revokeObjectURL(url);
    };
    if (options.kind === 'image') showImage(url, wrong);
    else showPlayer(options.kind, url, wrong);
  }

  function showPlayer(kind: 'audio' | 'video', url: string, wrong: () => void): void {
    const player = element(kind, { label: options.name });
    player.controls = true;
    player.preload = 'metadata';
    player.addEventListener('error', wrong);
    player.src = url;
    page.replaceChildren(player);
    const state = host.state;
    player.addEventListener('loadedmetadata', () => {
      if (typeof state['time'] === 'number') player.currentTime = Math.min(state['time'], player.duration || 0);
    });
    player.addEventListener('timeupdate', () => (host.state = { time: player.currentTime }));
  }

  function showImage(url: string, wrong: () => void): void {
    const image = element('img');
    image.alt = options.name;
    image.addEventListener('error', wrong);
    const about = element('span', { className: 'about', role: 'status' });
    const frame = element('div', { className: 'frame' }, image);
    frame.tabIndex = 0;
    let zoom: number | undefined;
    const setZoom = (value: number | undefined): void => {
      zoom = value === undefined ? undefined : Math.min(32, Math.max(0.02, value));
      image.classList.toggle('fit', zoom === undefined);
      image.style.width = zoom === undefined ? '' : `${Math.max(1, image.naturalWidth * zoom)}px`;
      image.classList.toggle('sharp', zoom !== undefined && zoom > 2);
      host.state = zoom === undefined ? {} : { zoom };
      const percent = Math.round(((zoom ?? image.width / Math.max(1, image.naturalWidth)) || 0) * 100);
      about.textContent = `${filled(say('pixels'), image.naturalWidth, image.naturalHeight)} · ${sizeText(sizeBytes, navigator.language)} · ${percent} %`;
    };
    const by = (factor: number): void => setZoom((zoom ?? image.width / Math.max(1, image.naturalWidth)) * factor);
    image.addEventListener('load', () => {
      const known = host.state['zoom'];
      setZoom(typeof known === 'number' ? known : undefined);
    });
    frame.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        by(event.deltaY < 0 ? 1.2 : 1 / 1.2);
      },
      { passive: false },
    );
    frame.addEventListener('keydown', (event) => {
      if (event.key === '+' || event.key === '=') by(1.25);
      else if (event.key === '-') by(0.8);
      else if (event.key === '0') setZoom(undefined);
      else if (event.key === '1') setZoom(1);
    });
    image.src = url;
    const tools = element(
      'div',
      { className: 'tools', role: 'toolbar' },
      button(say('fit'), () => setZoom(undefined)),
      button(say('actualSize'), () => setZoom(1)),
      button('+', () => by(1.25), { title: say('zoomIn') }),
      button('−', () => by(0.8), { title: say('zoomOut') }),
      button(say('download'), () => host.download()),
      about,
    );
    page.replaceChildren(element('div', { className: 'bar' }, tools), frame);
  }
}
