// Who wants to know what becomes of indexes, own and peers': the search. Told by shares/ownShare.ts and catalog/peerShare.ts.

import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { IndexView } from './indexView.ts';
import type { Delta } from './rows.ts';

export interface IndexListener {
  /** A share has an index now, or another one: `view` is it. Also once for every share at start. */
  indexed(peerId: PeerId, shareId: ShareId, view: IndexView): void;
  /** `delta` was applied to the index that was told last. */
  changed(peerId: PeerId, shareId: ShareId, delta: Delta): void;
  /** The share or its index is gone. */
  gone(peerId: PeerId, shareId: ShareId): void;
}
