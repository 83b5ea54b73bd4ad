import { clearanceLevel, newId, type Caller } from '../../src/kernel/index.js';
import type { StoredResults } from '../../src/tool/ports/stored-results.js';

interface Kept {
  readonly callId: string;
  readonly characters: readonly string[];
  readonly level: number;
}

/** Results of calls in the memory of a test. */
export class MemoryStoredResults implements StoredResults {
  private readonly threads = new Map<string, { readonly owner: Caller; readonly kept: Kept[] }>();

  newThread(owner: Caller): string {
    const id = newId();
    this.threads.set(id, { owner, kept: [] });
    return id;
  }

  store(threadId: string, callId: string, content: string, level = 0): void {
    this.threads.get(threadId)!.kept.unshift({ callId, characters: [...content], level });
  }

  read({ org, id, clearance }: Caller, threadId: string, callId: string, from: number, length: number) {
    const thread = this.threads.get(threadId);
    const isOwner = thread?.owner.org === org && thread.owner.id === id;
    const found = thread?.kept.find(
      (kept) => isOwner && kept.callId === callId && kept.level <= clearanceLevel(clearance),
    );
    if (found === undefined) return Promise.resolve(undefined);
    const { characters } = found;
    const content = characters.slice(from, from + length).join('');
    return Promise.resolve({ content, length: characters.length });
  }
}
