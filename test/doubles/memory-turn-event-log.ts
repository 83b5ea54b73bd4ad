import type { LoggedEvent } from '../../src/log/core/logged-event.js';
import type { AppendRequest, LogPage, TurnEventLog } from '../../src/log/ports/turn-event-log.js';

interface ThreadLog {
  turnId: string;
  epoch: number;
  readonly events: LoggedEvent[];
}

interface Waking {
  readonly process: MemoryTurnEventLog;
  readonly wake: (threadId: string) => void;
}

const MAX_PAGE_CHARS = 65_536;

/** The log in memory, for specs of what stands on it; the contract suite holds it to the same promises. */
export class MemoryTurnEventLog implements TurnEventLog {
  readonly threads: Map<string, ThreadLog>;
  private readonly waking: Set<Waking>;
  /** Called before each append: throw to fail it, await to hold it. */
  beforeAppend: (requests: readonly AppendRequest[]) => Promise<void> | void = () => undefined;
  appends = 0;
  /** Cursors that are answered as if compaction had passed them. */
  readonly compactedPast = new Set<number>();

  /** `same`: the same log, as another process has it. */
  constructor(same?: MemoryTurnEventLog) {
    this.threads = same?.threads ?? new Map();
    this.waking = same?.waking ?? new Set();
  }

  open(threadId: string, turnId: string): void {
    this.threads.set(threadId, { turnId, epoch: 1, events: [] });
  }

  async append(requests: readonly AppendRequest[]): Promise<ReadonlySet<string>> {
    await this.beforeAppend(requests);
    this.appends += 1;
    const taken = requests.filter((request) => this.take(request));
    for (const { process, wake } of this.waking)
      if (process !== this) for (const { threadId } of taken) wake(threadId);
    return new Set(taken.map(({ turnId }) => turnId));
  }

  read(threadId: string, after: number, limit: number): Promise<LogPage> {
    const page: LoggedEvent[] = [];
    let chars = 0;
    for (const event of this.threads.get(threadId)?.events.slice(after, after + limit) ?? []) {
      if (chars >= MAX_PAGE_CHARS) break;
      chars += event.data.length;
      page.push(event);
    }
    return Promise.resolve({
      events: page,
      more: page.length === limit || chars >= MAX_PAGE_CHARS,
      startsInside: this.compactedPast.has(after),
    });
  }

  heads(threadIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const known = threadIds.filter((id) => this.threads.has(id));
    return Promise.resolve(new Map(known.map((id) => [id, this.threads.get(id)!.events.length])));
  }

  onAppended(wake: (threadId: string | undefined) => void): Promise<void> {
    this.waking.add({ process: this, wake });
    return Promise.resolve();
  }

  private take({ threadId, turnId, epoch, fromSeq, events }: AppendRequest): boolean {
    const thread = this.threads.get(threadId);
    if (thread?.turnId !== turnId || thread.epoch !== epoch) return false;
    if (thread.events.length === fromSeq + events.length) return true;
    if (thread.events.length !== fromSeq) return false;
    thread.events.push(...events);
    return true;
  }
}
