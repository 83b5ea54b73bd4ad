import type { JournalEntry, JournalWriter, RunJournal } from '../../src/workflow/ports/run-journal.js';

/** The journal of one turn, in memory. */
export class MemoryRunJournal implements RunJournal {
  readonly entries = new Map<string, JournalEntry>();

  find(_turnId: string, key: string): Promise<JournalEntry | undefined> {
    return Promise.resolve(this.entries.get(key));
  }

  begin({ epoch }: JournalWriter, key: string): Promise<JournalEntry> {
    const entry = this.entries.get(key) ?? { isDone: false, epoch };
    this.entries.set(key, entry);
    return Promise.resolve(entry);
  }

  complete(_writer: JournalWriter, key: string, result: unknown): Promise<unknown> {
    const known = this.entries.get(key);
    if (known?.isDone === true) return Promise.resolve(known.result);
    this.entries.set(key, { isDone: true, result });
    return Promise.resolve(result);
  }
}
