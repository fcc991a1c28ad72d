// The searches that a person made lately, newest first, kept over windows and restarts. Must not know `vscode`: the store is handed in.

import { limits } from '../limits.ts';

/** What is needed of vscode.Memento. */
export interface Store {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

const key = 'recentSearches';

export class RecentSearches {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): string[] {
    const kept = this.#store.get(key);
    if (!Array.isArray(kept)) return [];
    return kept.filter((query) => typeof query === 'string' && query !== '').slice(0, limits.recentSearches) as string[];
  }

  async add(text: string): Promise<void> {
    const query = text.trim().slice(0, limits.queryCharacters);
    if (query === '' || this.list()[0] === query) return;
    await this.#store.update(key, [query, ...this.list().filter((known) => known !== query)].slice(0, limits.recentSearches));
  }

  async remove(query: string): Promise<void> {
    await this.#store.update(
      key,
      this.list().filter((known) => known !== query),
    );
  }

  async clear(): Promise<void> {
    await this.#store.update(key, []);
  }
}
