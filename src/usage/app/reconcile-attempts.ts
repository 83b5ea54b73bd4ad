import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { ATTEMPT_ESTIMATOR, type AttemptEstimator } from '../ports/attempt-estimator.js';
import { IN_FLIGHT_ATTEMPTS, type InFlightAttempts } from '../ports/in-flight-attempts.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';
import { UsageMetrics } from './usage-metrics.js';

const SWEEP_EVERY_MS = 300_000;
/** How much longer than the longest possible answer an attempt is left alone. */
const MARGIN_MS = 600_000;
const PAGE = 500;

/** Estimates the attempts whose process died before it could record them, so that each has its row in the ledger. */
@Injectable()
export class ReconcileAttempts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ReconcileAttempts.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(IN_FLIGHT_ATTEMPTS) private readonly inFlight: InFlightAttempts,
    @Inject(ATTEMPT_ESTIMATOR) private readonly estimator: AttemptEstimator,
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_TOTAL_TIMEOUT_MS'>,
    private readonly metrics: UsageMetrics,
  ) {}

  /** Starts a periodic sweep for attempts that no recovery covers: those of jobs and of stateless requests. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.trySweep(), SWEEP_EVERY_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Closes the attempts of a turn whose process died; `said` is the text of the latest one that readers have. Never
   * throws: what could not be closed is swept later.
   */
  async ofTurn(turnId: string, said: string): Promise<void> {
    try {
      const attempts = await this.inFlight.ofTurn(turnId);
      const latest = attempts.findLast(({ operation }) => operation === 'chat');
      await this.close(attempts, (attempt) => (attempt === latest ? said : ''));
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'The lost attempts of a turn could not be closed yet.');
    }
  }

  /** Closes every attempt that has taken longer than any can; its text is unknown. */
  async sweep(now = Date.now()): Promise<void> {
    const time = new Date(now - this.config.LLM_TOTAL_TIMEOUT_MS - MARGIN_MS);
    for (;;) {
      const attempts = await this.inFlight.before(time, PAGE);
      await this.close(attempts, () => '');
      if (attempts.length < PAGE) return;
    }
  }

  private async trySweep(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.logger.warn({ err: error }, 'Looking for lost attempts failed; the next time tries again.');
    }
  }

  private async close(
    attempts: readonly BegunAttempt[],
    saidBy: (attempt: BegunAttempt) => string,
  ): Promise<void> {
    if (attempts.length === 0) return;
    const records = await Promise.all(attempts.map((attempt) => this.estimate(attempt, saidBy(attempt))));
    const closed = await this.inFlight.close(records);
    const own = records.filter(({ id }) => closed.has(id));
    for (const record of own) this.count(record);
    if (own.length > 0) this.logger.warn(`Reckoned ${own.length} attempt(s) whose process is gone.`);
  }

  private count(record: AttemptRecord): void {
    const model = this.estimator.publicName(record.provider, record.model);
    this.metrics.attempt({ ...record, model, fault: 'request' });
  }

  private async estimate({ promptChars, ...attempt }: BegunAttempt, said: string): Promise<AttemptRecord> {
    const tookMs = Math.max(0, Date.now() - Date.parse(attempt.at));
    return {
      ...attempt,
      ...(await this.estimator.estimate({ ...attempt, promptChars }, said)),
      cachedTokens: 0,
      reasoningTokens: 0,
      estimated: true,
      firstTokenMs: null,
      durationMs: Math.min(tookMs, this.config.LLM_TOTAL_TIMEOUT_MS),
      retries: 0,
      outcome: 'failed',
      errorCode: 'INTERNAL',
    };
  }
}
