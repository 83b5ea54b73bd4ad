import { clearanceLevel, LeaseLostError, newId, type Caller } from '../../src/kernel/index.js';
import type { StoredContent } from '../../src/tool/core/result-plan.js';
import {
  MAX_STORED_BYTES,
  type CallWriter,
  type ContentReference,
  type StoredResults,
} from '../../src/tool/ports/stored-results.js';

interface KeptContents {
  readonly writer: CallWriter;
  readonly callId: string;
  readonly contents: readonly (ContentReference & { readonly bytes: Buffer })[];
  readonly wholeText?: string | undefined;
}

interface Kept {
  readonly callId: string;
  readonly characters: readonly string[];
  readonly level: number;
}

/** Results of calls in the memory of a test. */
export class MemoryStoredResults implements StoredResults {
  /** Of turns that are run by somebody else by now. */
  readonly lost = new Set<string>();
  private readonly threads = new Map<string, { readonly owner: Caller; readonly kept: Kept[] }>();
  private contents: KeptContents[] = [];

  newThread(owner: Caller): string {
    const id = newId();
    this.threads.set(id, { owner, kept: [] });
    return id;
  }

  /** Of a call whose whole text is kept, it is that one that is read. */
  store(threadId: string, callId: string, content: string, level = 0): void {
    const kept = this.contents.find((one) => one.writer.threadId === threadId && one.callId === callId);
    const characters = [...(kept?.wholeText ?? content)];
    this.threads.get(threadId)!.kept.unshift({ callId, characters, level });
  }

  read({ org, id, clearance }: Caller, threadId: string, callId: string, from: number, length: number) {
    const found = this.resultsOf({ org, id, clearance }, threadId).find((kept) => kept.callId === callId);
    if (found === undefined) return Promise.resolve(undefined);
    const { characters } = found;
    const content = characters.slice(from, from + length).join('');
    return Promise.resolve({ content, length: characters.length });
  }

  keep(writer: CallWriter, callId: string, contents: readonly StoredContent[]) {
    if (this.lost.has(writer.turnId)) return Promise.reject(new LeaseLostError('lost'));
    const own = contents.map(({ content }) => {
      const bytes = 'text' in content ? Buffer.from(content.text) : Buffer.from(content.data, 'base64');
      return { url: `/chat/threads/${writer.threadId}/parts/${newId()}`, size: bytes.length, bytes };
    });
    const others = this.contents.filter(
      (one) => one.writer.turnId !== writer.turnId || one.callId !== callId,
    );
    const ofTurn = others.filter((one) => one.writer.turnId === writer.turnId);
    const size = [...ofTurn.flatMap((one) => one.contents), ...own].reduce((sum, one) => sum + one.size, 0);
    if (size > MAX_STORED_BYTES) return Promise.resolve(undefined);
    const whole = contents.find(({ isWholeText }) => isWholeText)?.content;
    const wholeText = whole && 'text' in whole ? whole.text : undefined;
    this.contents = [...others, { writer, callId, contents: own, wholeText }];
    return Promise.resolve(own.map(({ url, size: bytes }) => ({ url, size: bytes })));
  }

  contentAt(caller: Caller, threadId: string, url: string, maxBytes: number) {
    const calls = this.resultsOf(caller, threadId).map(({ callId }) => callId);
    const found = this.contents
      .filter(({ writer, callId }) => writer.threadId === threadId && calls.includes(callId))
      .flatMap(({ contents }) => contents)
      .find((content) => content.url === url && content.size <= maxBytes);
    return Promise.resolve(found?.bytes.toString('base64'));
  }

  /** Those that the caller may read. */
  private resultsOf(
    { org, id, clearance }: Pick<Caller, 'org' | 'id' | 'clearance'>,
    threadId: string,
  ): readonly Kept[] {
    const thread = this.threads.get(threadId);
    const isOwner = thread?.owner.org === org && thread.owner.id === id;
    return isOwner ? thread.kept.filter(({ level }) => level <= clearanceLevel(clearance)) : [];
  }
}
