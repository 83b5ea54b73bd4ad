import { AppError, type Caller } from '../../kernel/index.js';
import { databaseError, type Database, type Queryable, type Sql } from '../../platform/database/index.js';
import { queryBits } from '../core/ngram-bitmap.js';
import type { JoinedTablesSql } from '../ports/joined-tables-sql.js';
import type { ThreadPosition } from '../ports/thread-store.js';
import { CANDIDATES, LIMIT_STATEMENTS, saying, TO_INDEX } from './search-statements.js';
import { maskValues, type MaskConfig } from './withheld.js';

/** The SQLSTATE of a statement that was cancelled by its time-out. */
const QUERY_CANCELED = '57014';

/** How long a search may take, over all its statements. */
const SEARCH_MS = 2_000;
/** How many threads, and how many ranges of messages in them, one statement examines. */
const THREADS_AT_ONCE = 500;
const GROUP_THREADS = 32;
const RANGES_AT_ONCE = 32;
/** The size of a range of messages that are not indexed. */
const RANGE_MESSAGES = 50;

interface CandidateRow {
  readonly id: string;
  readonly active_at: Date;
  readonly is_titled: boolean;
  readonly firsts: readonly number[] | null;
  readonly lasts: readonly number[] | null;
  readonly indexed_to: number;
  /** The position of its newest message. */
  readonly newest: number;
}

interface Range {
  readonly threadId: string;
  readonly first: number;
  readonly last: number;
}

/** The result of a search: ids of threads, newest activity first, and where it continues when there may be more. */
export interface FoundThreads {
  readonly ids: readonly string[];
  readonly next: ThreadPosition | undefined;
}

export interface ThreadQuestion {
  readonly caller: Caller;
  readonly text: string;
  readonly limit: number;
  readonly after: ThreadPosition;
}

/** Searches users' threads. */
export class ThreadSearch {
  private readonly saying: Sql;

  constructor(
    private readonly database: Database,
    foreign: JoinedTablesSql,
    private readonly config: MaskConfig,
  ) {
    this.saying = saying(foreign);
  }

  /**
   * Newest activity first: asks the index for candidates and checks their messages, a few at a time, until the page is
   * full. Throws `RATE_LIMITED` when the time is up before anything was found; a page may be incomplete.
   */
  async find(question: ThreadQuestion): Promise<FoundThreads> {
    const unindexed = new Set<string>();
    try {
      return await this.database.transaction((queryable) =>
        new Search({ queryable, saying: this.saying, config: this.config }, question, unindexed).run(),
      );
    } finally {
      // Best effort: without it the search is still correct, only slower.
      if (unindexed.size > 0) await this.database.query(TO_INDEX, [[...unindexed]]).catch(() => undefined);
    }
  }
}

interface SearchMeans {
  readonly queryable: Queryable;
  readonly saying: Sql;
  readonly config: MaskConfig;
}

class Search {
  private readonly deadline = performance.now() + SEARCH_MS;
  private readonly pattern: string;
  private readonly bits: readonly number[];
  private readonly found: CandidateRow[] = [];

  constructor(
    private readonly means: SearchMeans,
    private readonly question: ThreadQuestion,
    /** Collects the threads whose messages are not indexed. */
    private readonly unindexed: Set<string>,
  ) {
    this.pattern = containing(question.text);
    this.bits = queryBits(question.text);
  }

  async run(): Promise<FoundThreads> {
    const { limit } = this.question;
    await this.means.queryable.query(LIMIT_STATEMENTS, [String(SEARCH_MS)]);
    let { after } = this.question;
    try {
      for (;;) {
        const candidates = await this.candidates(after);
        for (let start = 0; start < candidates.length; start += GROUP_THREADS) {
          const group = candidates.slice(start, start + GROUP_THREADS);
          this.found.push(...(await this.saying(group)));
          if (this.found.length > limit) return this.page(positionOf(this.found[limit - 1]!));
          after = positionOf(group.at(-1)!);
        }
        if (candidates.length < THREADS_AT_ONCE) return this.page(undefined);
      }
    } catch (error) {
      if (!(error instanceof AppError) && databaseError(error)?.code !== QUERY_CANCELED) throw error;
      if (this.found.length === 0) throw tookTooLong(error);
      return this.page(after);
    }
  }

  private page(next: ThreadPosition | undefined): FoundThreads {
    return { ids: this.found.slice(0, this.question.limit).map(({ id }) => id), next };
  }

  private async candidates(after: ThreadPosition): Promise<CandidateRow[]> {
    const { caller } = this.question;
    const place = [caller.org, caller.id, after.activeAt, after.id, THREADS_AT_ONCE];
    const rows = await this.means.queryable.query<CandidateRow>(CANDIDATES, [
      ...place,
      this.pattern,
      this.bits,
    ]);
    for (const { id, newest, indexed_to } of rows) if (newest > indexed_to) this.unindexed.add(id);
    return rows;
  }

  /**
   * The threads of the group that contain the text. The newest range of each is checked first, then more and more of
   * the others.
   */
  private async saying(group: readonly CandidateRow[]): Promise<readonly CandidateRow[]> {
    const sure = new Set(group.filter(({ is_titled }) => is_titled).map(({ id }) => id));
    const places = new Map(group.map((thread) => [thread.id, [...rangesOf(thread)]]));
    for (let size = 1; places.size > 0; size *= 2) {
      const ranges: Range[] = [];
      for (const [id, left] of places) {
        if (sure.has(id) || left.length === 0) places.delete(id);
        else ranges.push(...left.splice(0, size));
      }
      for (let start = 0; start < ranges.length; start += RANGES_AT_ONCE) {
        const asked = ranges
          .slice(start, start + RANGES_AT_ONCE)
          .filter(({ threadId }) => !sure.has(threadId));
        for (const id of await this.sayingIn(asked)) sure.add(id);
      }
    }
    return group.filter(({ id }) => sure.has(id));
  }

  private async sayingIn(ranges: readonly Range[]): Promise<readonly string[]> {
    if (ranges.length === 0) return [];
    if (performance.now() > this.deadline) throw tookTooLong();
    const { caller } = this.question;
    const { queryable, saying, config } = this.means;
    const rows = await queryable.query<{ thread_id: string }>(saying, [
      caller.org,
      caller.id,
      ranges.map(({ threadId }) => threadId),
      ranges.map(({ first }) => first),
      ranges.map(({ last }) => last),
      this.pattern,
      ...maskValues(caller, config),
    ]);
    return rows.map(({ thread_id }) => thread_id);
  }
}

/**
 * The ranges of the thread that may contain the text, the newest first; the parts of one long message are one range.
 */
function* rangesOf({
  id: threadId,
  firsts,
  lasts,
  indexed_to,
  newest,
}: CandidateRow): Generator<Range, void> {
  for (let last = newest; last > indexed_to; last -= RANGE_MESSAGES) {
    yield { threadId, first: Math.max(indexed_to, last - RANGE_MESSAGES) + 1, last };
  }
  for (const [index, first] of (firsts ?? []).entries()) {
    if (first !== firsts?.[index - 1]) yield { threadId, first, last: lasts![index]! };
  }
}

function positionOf({ id, active_at }: CandidateRow): ThreadPosition {
  return { activeAt: active_at.toISOString(), id };
}

/** An ILIKE pattern that matches the literal text anywhere. */
function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

function tookTooLong(cause?: unknown): AppError {
  return new AppError(
    'RATE_LIMITED',
    'The search took too long and was ended. Search for more characters, or try again in a moment.',
    { retryAfter: 2, details: { limitMs: SEARCH_MS }, ...(cause === undefined ? {} : { cause }) },
  );
}
