// Bootstrap nodes that do not answer, or come later: hyperdht alone asks them again every 40 s, topics every 10 minutes.

import type HyperDHT from 'hyperdht';
import { networkLimits } from '../limits.ts';
import { backoffMs } from './redials.ts';

/** While no DHT node is known, asks the bootstrap nodes again and again. Answers how to end that. */
export function probe(dht: HyperDHT, onAsked: () => void): () => void {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const ask = (attempts: number): void => {
    timer = setTimeout(
      () => {
        const isLost = dht.bootstrapped && dht.nodes.length === 0;
        const asked = isLost ? dht.findNode(dht.table.id).finished() : Promise.resolve();
        void asked
          .catch(() => undefined) // Nobody answered: asked again below.
          .then(() => {
            if (isOver) return;
            onAsked();
            ask(isLost ? attempts + 1 : 0);
          });
      },
      backoffMs(attempts, networkLimits.bootstrapMaxMs),
    );
  };
  ask(0);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
