import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { estimateTokens } from '../core/estimate-usage.js';
import { faultOf } from '../core/model-error.js';
import { costOf } from '../core/price.js';
import { ATTEMPTS_UNDER_WAY, type AttemptsUnderWay } from '../ports/attempts-under-way.js';
import { TOKEN_COUNTER, type TokenCounter } from '../ports/token-counter.js';
import type { AttemptRecord, BegunAttempt } from '../ports/usage-ledger.js';
import { countAttempt } from './count-attempt.js';
import { ModelCatalogue } from './model-catalogue.js';

const SWEEP_EVERY_MS = 300_000;
/** How much longer than an answer may take an attempt is left alone. */
const MARGIN_MS = 600_000;
const PAGE = 500;

/** Reckons the attempts whose process died before it could record them, so that each has its row in the ledger. */
@Injectable()
export class CloseLostAttempts implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CloseLostAttempts.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(ATTEMPTS_UNDER_WAY) private readonly underWay: AttemptsUnderWay,
    @Inject(TOKEN_COUNTER) private readonly counter: TokenCounter,
    @Inject(CONFIG) private readonly config: Pick<Config, 'LLM_TOTAL_TIMEOUT_MS'>,
    private readonly catalogue: ModelCatalogue,
    private readonly metrics: Metrics,
  ) {}

  /** Begins to look every few minutes for what nobody takes over: questions without a thread. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.trySweep(), SWEEP_EVERY_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /**
   * Closes the attempts of a turn whose process is gone; `said` is what watchers have of the latest one. Never throws:
   * what could not be closed is swept later.
   */
  async ofTurn(turnId: string, said: string): Promise<void> {
    try {
      const attempts = await this.underWay.ofTurn(turnId);
      if (attempts.length === 0) return;
      const latest = attempts.findLast(({ operation }) => operation === 'chat');
      const outputTokens = await this.counter.count([said]);
      const tokensOf = (attempt: BegunAttempt) => (attempt === latest ? outputTokens : 0);
      await this.close(attempts.map((attempt) => this.reckon(attempt, tokensOf(attempt))));
    } catch (error) {
      this.logger.warn({ err: error, turnId }, 'The lost attempts of a turn could not be closed yet.');
    }
  }

  /** Closes every attempt that has taken longer than any can; what it has said is not known. */
  async sweep(now = Date.now()): Promise<void> {
    const time = new Date(now - this.config.LLM_TOTAL_TIMEOUT_MS - MARGIN_MS);
    for (;;) {
      const attempts = await this.underWay.before(time, PAGE);
      await this.close(attempts.map((attempt) => this.reckon(attempt, 0)));
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

  private async close(records: readonly AttemptRecord[]): Promise<void> {
    if (records.length === 0) return;
    const closed = await this.underWay.close(records);
    const own = records.filter(({ id }) => closed.has(id));
    for (const record of own) countAttempt(this.metrics, this.catalogue, record, faultOf(undefined));
    if (own.length > 0) this.logger.warn(`Reckoned ${own.length} attempt(s) whose process is gone.`);
  }

  private reckon({ promptChars, ...attempt }: BegunAttempt, outputTokens: number): AttemptRecord {
    const { provider, model, at } = attempt;
    const inputTokens = estimateTokens(promptChars);
    const tookMs = Math.max(0, Date.now() - Date.parse(at));
    return {
      ...attempt,
      inputTokens,
      outputTokens,
      cachedTokens: 0,
      reasoningTokens: 0,
      estimated: true,
      cost: costOf({ inputTokens, outputTokens }, this.catalogue.facts(provider, model)?.price),
      firstTokenMs: null,
      durationMs: Math.min(tookMs, this.config.LLM_TOTAL_TIMEOUT_MS),
      retries: 0,
      outcome: 'failed',
      errorCode: 'INTERNAL',
    };
  }
}
