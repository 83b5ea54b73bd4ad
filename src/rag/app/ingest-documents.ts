import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { INGESTION_SIGNALS, type IngestionSignals } from '../ports/ingestion-signals.js';
import { INGESTION_STORE, type ClaimedIngestion, type IngestionStore } from '../ports/ingestion-store.js';
import { IngestionWaiters } from './ingestion-waiters.js';
import { IngestDocument } from './ingest-document.js';
import { TidyIndex } from './tidy-index.js';

/** Documents that this process ingests at a time. */
const MAX_RUNNING = 2;
/** How often it polls for lost notifications and expired leases. */
const POLL_MS = 5_000;

/** Ingests documents in the background, in every process except those with the role `api`. */
@Injectable()
export class IngestDocuments {
  private readonly logger = new Logger(IngestDocuments.name);
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private filling: Promise<void> | undefined;
  private isAskedAgain = false;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE'>,
    @Inject(INGESTION_STORE) private readonly store: IngestionStore,
    @Inject(INGESTION_SIGNALS) private readonly signals: IngestionSignals,
    private readonly ingest: IngestDocument,
    private readonly tidy: TidyIndex,
    private readonly ended: IngestionWaiters,
  ) {}

  async start(): Promise<void> {
    await this.signals.onEnded((documentId) => this.ended.tell(documentId));
    if (this.config.ROLE === 'api') return;
    await this.signals.onWork(() => this.wake());
    this.timer = setInterval(() => this.wake(), POLL_MS);
    this.timer.unref();
    this.wake();
  }

  /** Called when there may be a document to ingest. */
  wake(): void {
    if (this.config.ROLE === 'api' || this.stopping.signal.aborted) return;
    this.isAskedAgain = true;
    this.filling ??= this.fill().finally(() => (this.filling = undefined));
    this.tidy.wake(this.stopping.signal);
  }

  /** Claims nothing more, and releases unfinished documents after their current batch. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.filling;
    await Promise.all([...this.running, this.tidy.idle()]);
  }

  private async fill(): Promise<void> {
    while (this.isAskedAgain && !this.stopping.signal.aborted) {
      this.isAskedAgain = false;
      try {
        while (this.running.size < MAX_RUNNING) {
          const run = await this.store.claim();
          if (run === undefined) break;
          this.begin(run);
        }
      } catch (error) {
        this.logger.warn(
          { err: error },
          'Waiting documents could not be looked for; the next look tries again.',
        );
      }
    }
  }

  private begin(run: ClaimedIngestion): void {
    const { documentId } = run;
    const done = this.ingest
      .ingest(run, this.stopping.signal)
      .catch((error: unknown) =>
        this.logger.warn({ err: error, documentId }, 'Taking a document in broke off; it is tried again.'),
      )
      .finally(() => {
        this.running.delete(done);
        this.ended.tell(documentId);
        this.wake();
      });
    this.running.add(done);
  }
}
