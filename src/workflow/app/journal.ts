import type { JournalEntry, JournalWriter, RunJournal } from '../ports/run-journal.js';

/** What came of something that is done once. */
export type Once<Result> =
  | { readonly outcome: 'done'; readonly result: Result }
  /** An execution that came to no end has begun it. It may have been done, and is not done again. */
  | { readonly outcome: 'unknown' };

export interface OnceOptions {
  /** Whether doing it twice is no harm but the price of it: then nothing is written before it. */
  readonly repeatable: boolean;
}

/** What is asked of a journal by those who act in a turn. */
export type TurnJournal = Pick<Journal, 'once' | 'before' | 'recall' | 'keep'>;

/** For what is executed once and ends with its process: nothing of it is kept, and nothing is done again. */
export const NO_JOURNAL: TurnJournal = {
  once: async (_key, work) => ({ outcome: 'done', result: await work() }),
  before: () => Promise.resolve(undefined),
  recall: () => Promise.resolve(undefined),
  keep: (_key, result) => Promise.resolve(result),
};

/** What one execution of a turn has done and what the executions before it did, so that nothing of it is done twice. */
export class Journal {
  private readonly own = new Map<string, Promise<Once<unknown>>>();

  constructor(
    private readonly rows: RunJournal,
    private readonly writer: JournalWriter,
    /** Whether the turn was executed before: otherwise there is nothing to be found. */
    private readonly isExecutedAgain: boolean,
  ) {}

  /**
   * Does the work unless an execution of the turn has done it; answers what came of it, which is a JSON value. The key is
   * once in the turn, whatever it is executed from, and begins with the name of the room that does the work. Work that throws
   * has no result: when it is not repeatable, what came of it is unknown from there on. Throws a `LeaseLostError` when
   * another process runs the turn.
   */
  once<Result>(key: string, work: () => Promise<Result>, { repeatable }: OnceOptions): Promise<Once<Result>> {
    const known = this.own.get(key);
    if (known !== undefined) return known as Promise<Once<Result>>;
    const done = repeatable ? this.repeatable(key, work) : this.unrepeatable(key, work);
    this.own.set(key, done);
    return done;
  }

  /** What came of what an earlier execution of the turn has done, or begun; absent: it may be done. */
  async before<Result>(key: string): Promise<Once<Result> | undefined> {
    if (!this.isExecutedAgain) return undefined;
    const entry = await this.rows.find(this.writer.turnId, key);
    if (entry === undefined || entry.isDone) return entry && done(entry);
    return { outcome: 'unknown' };
  }

  /** What an earlier execution of the turn has kept under the key. */
  async recall<Result>(key: string): Promise<Result | undefined> {
    const came = await this.before<Result>(key);
    return came?.outcome === 'done' ? came.result : undefined;
  }

  /** Keeps what is not to be paid for again. Throws a `LeaseLostError` when another process runs the turn. */
  async keep<Result>(key: string, result: Result): Promise<Result> {
    return (await this.rows.complete(this.writer, key, result)) as Result;
  }

  private async repeatable<Result>(key: string, work: () => Promise<Result>): Promise<Once<Result>> {
    const entry = this.isExecutedAgain ? await this.rows.find(this.writer.turnId, key) : undefined;
    return entry?.isDone === true ? done(entry) : this.complete(key, work);
  }

  private async unrepeatable<Result>(key: string, work: () => Promise<Result>): Promise<Once<Result>> {
    const entry = await this.rows.begin(this.writer, key);
    if (entry.isDone) return done(entry);
    // Nobody else has this epoch, and this is the first time that this execution comes here.
    return entry.epoch === this.writer.epoch ? this.complete(key, work) : { outcome: 'unknown' };
  }

  private async complete<Result>(key: string, work: () => Promise<Result>): Promise<Once<Result>> {
    const result = await this.rows.complete(this.writer, key, await work());
    return { outcome: 'done', result: result as Result };
  }
}

function done<Result>({ result }: Extract<JournalEntry, { isDone: true }>): Once<Result> {
  return { outcome: 'done', result: result as Result };
}
