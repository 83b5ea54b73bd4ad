import { Inject, Injectable } from '@nestjs/common';
import type { ToolCall, Usage } from '../../kernel/index.js';
import { Metrics } from '../../platform/telemetry/index.js';
import { faultOf } from '../core/model-error.js';
import { costOf } from '../core/price.js';
import type { ModelMessage, ModelPart } from '../ports/language-model.js';
import { TOKEN_COUNTER, type TokenCounter } from '../ports/token-counter.js';
import {
  USAGE_LEDGER,
  type AttemptOutcome,
  type AttemptRecord,
  type UsageLedger,
} from '../ports/usage-ledger.js';
import type { Attempt } from './attempt.js';
import { FirstTokenTimes } from './first-token-times.js';
import { ModelCatalogue } from './model-catalogue.js';

/** How an attempt ended; all absent: its reader went away. */
export interface AttemptEnd {
  readonly finish: Extract<ModelPart, { type: 'finish' }> | undefined;
  readonly toolCalls?: readonly ToolCall[];
  readonly error: unknown;
  readonly wasCancelled: boolean;
}

/** Reckons what an attempt cost, however it ended, and puts it into the ledger. */
@Injectable()
export class SettleAttempt {
  constructor(
    @Inject(USAGE_LEDGER) private readonly ledger: UsageLedger,
    @Inject(TOKEN_COUNTER) private readonly counter: TokenCounter,
    private readonly catalogue: ModelCatalogue,
    private readonly times: FirstTokenTimes,
    private readonly metrics: Metrics,
  ) {}

  /** Resolves to the attempt's tokens when its row is stored. An attempt that asked nobody has none. */
  async settle(attempt: Attempt, messages: readonly ModelMessage[], end: AttemptEnd): Promise<number> {
    if (!attempt.wasAsked) return 0;
    const { provider, model } = attempt;
    if (attempt.firstTokenMs !== null) this.times.note(provider, model, attempt.firstTokenMs);
    const usage = await this.usageOf(attempt, messages, end);
    const cost = costOf(usage, this.catalogue.facts(provider, model)?.price);
    const record = attempt.record({ outcome: outcomeOf(end), usage, error: end.error, cost });
    trace(attempt, messages, end, usage, record);
    this.metrics.llm.attempt({
      ...record,
      ...(record.errorCode === null ? {} : { fault: faultOf(end.error) }),
    });
    await this.ledger.record(record);
    return usage.totalTokens;
  }

  /** As the provider reports it; else counted here, and the question only where it may have been taken in. */
  private async usageOf(
    attempt: Attempt,
    messages: readonly ModelMessage[],
    end: AttemptEnd,
  ): Promise<Usage> {
    const reported = end.finish?.usage;
    if (reported !== undefined && reported.estimated !== true) return reported;
    const wasRead = attempt.wasAnswered || end.wasCancelled;
    const [inputTokens, outputTokens] = await Promise.all([
      wasRead ? this.counter.count(messages.map(({ content }) => content)) : 0,
      this.counter.count(attempt.said),
    ]);
    return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
  }
}

/** Ends the attempt's span; question and answer are in it only where the operator wants them there. */
function trace(
  { span, said, firstTokenMs }: Attempt,
  messages: readonly ModelMessage[],
  { finish, toolCalls = [] }: AttemptEnd,
  usage: Usage,
  { outcome, errorCode }: AttemptRecord,
): void {
  if (firstTokenMs !== null) span.firstToken(firstTokenMs);
  span.content?.(messages, { content: said.join(''), toolCalls, finishReason: finish?.reason });
  span.end({ usage, finishReason: finish?.reason, outcome, errorCode });
}

function outcomeOf({ finish, error, wasCancelled }: AttemptEnd): AttemptOutcome {
  if (finish !== undefined) return finish.reason === 'content_filter' ? 'refused' : 'completed';
  if (wasCancelled) return 'cancelled';
  return (error as { fault?: unknown }).fault === 'refusal' ? 'refused' : 'failed';
}
