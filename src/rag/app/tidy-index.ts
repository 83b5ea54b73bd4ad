import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsReindexing, searchText } from '../core/search-text.js';
import { INDEX_UPKEEP, type IndexUpkeep, type OutdatedDocument } from '../ports/index-upkeep.js';
import { Slices } from './slices.js';

/** The pause between two steps of background work. */
const REST_MS = 20;

const FIRST = '00000000-0000-0000-0000-000000000000';

/** Removes the chunks of deleted documents, and reindexes documents of an earlier index version; one step at a time. */
@Injectable()
export class TidyIndex {
  private readonly logger = new Logger(TidyIndex.name);
  private tidying: Promise<void> | undefined;
  private isAskedAgain = false;
  /** The last document whose version was checked; `undefined` when all of them were. */
  private reached: string | undefined = FIRST;

  constructor(@Inject(INDEX_UPKEEP) private readonly index: IndexUpkeep) {}

  /** Called when there may be work. */
  wake(signal: AbortSignal): void {
    this.isAskedAgain = true;
    this.tidying ??= this.tidy(signal)
      .catch((error: unknown) => {
        if (!signal.aborted)
          this.logger.warn({ err: error }, 'Tidying the index broke off; it is tried again.');
      })
      .finally(() => (this.tidying = undefined));
  }

  async idle(): Promise<void> {
    await this.tidying;
  }

  private async tidy(signal: AbortSignal): Promise<void> {
    while (this.isAskedAgain) {
      this.isAskedAgain = false;
      while (await this.index.removeSome()) await sleep(REST_MS, undefined, { signal });
      while (this.reached !== undefined && !this.isAskedAgain) {
        const next: OutdatedDocument | undefined = await this.index.findOutdated(this.reached);
        // A document that cannot be reindexed is skipped; the next start tries it again.
        this.reached = next?.id;
        if (next !== undefined) await this.renew(next, signal);
      }
    }
  }

  /**
   * Each step replaces the terms of some chunks atomically, so a concurrent search sees either the old or the new ones.
   */
  private async renew({ id, title }: OutdatedDocument, signal: AbortSignal): Promise<void> {
    const slices = new Slices();
    for (let position = -1; ;) {
      const chunks = await this.index.chunksAfter(id, position);
      if (chunks.length === 0) break;
      position = chunks.at(-1)!.position;
      const renewed = [];
      for (const { id: chunkId, content } of chunks) {
        const text = `${title}\n${content}`;
        if (needsReindexing(text)) renewed.push({ id: chunkId, text: searchText(text) });
        await slices.pause();
      }
      if (renewed.length > 0) await this.index.replaceTerms(id, renewed);
      await sleep(REST_MS, undefined, { signal });
    }
    await this.index.markCurrent(id);
  }
}
