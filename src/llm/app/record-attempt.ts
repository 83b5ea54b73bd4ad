import { Inject, Injectable } from '@nestjs/common';
import { addUsage, type ToolCall, type Usage } from '../../kernel/index.js';
import {
  USAGE_LEDGER,
  UsageMetrics,
  type AttemptOutcome,
  type AttemptRecord,
  type HowStored,
  type UsageLedger,
} from '../../usage/index.js';
import { sizeOf } from '../core/estimate-usage.js';
import { faultOf, type Fault } from '../core/model-error.js';
import { costOf } from '../core/price.js';
import type { ModelMessage, ModelPart } from '../ports/language-model.js';
import { TOKEN_COUNTER, type TokenCounter } from '../ports/token-counter.js';
import type { Attempt } from './attempt.js';
import { FirstTokenTimes } from './first-token-times.js';
import { ModelCatalogue } from './model-catalogue.js';
import type { SentRequest } from './sent-request.js';

/** How an attempt ended; all absent: its reader went away. */
export interface AttemptEnd {
  readonly finish: Extract<ModelPart, { type: 'finish' }> | undefined;
  readonly toolCalls?: readonly ToolCall[];
  readonly error: unknown;
  readonly wasCancelled: boolean;
}

/** Records an attempt in the ledger when it begins, and its cost when it has ended, however it ended. */
@Injectable()
export class RecordAttempt {
  constructor(
    @Inject(USAGE_LEDGER) private readonly ledger: UsageLedger,
    @Inject(TOKEN_COUNTER) private readonly counter: TokenCounter,
    private readonly catalogue: ModelCatalogue,
    private readonly times: FirstTokenTimes,
    private readonly metrics: UsageMetrics,
  ) {}

  /**
   * Must be awaited before the attempt's first request is sent, so that the ledger has it whatever happens afterwards.
   */
  begin(attempt: Attempt, messages: readonly ModelMessage[]): Promise<void> {
    return this.ledger.begin(attempt.begun(sizeOf(messages)));
  }

  /**
   * Resolves to the attempt's tokens when its row is stored, or when it waits for the end of its turn to be stored along with that;
   * 0 for an attempt that sent no request.
   */
  async record(attempt: Attempt, messages: readonly ModelMessage[], end: AttemptEnd): Promise<number> {
    if (!attempt.wasSent) return 0;
    const { provider, model } = attempt;
    if (attempt.firstTokenMs !== null) this.times.note(provider, model, attempt.firstTokenMs);
    const usage = await this.usageOf(attempt, messages, end);
    const cost = costOf(usage, this.catalogue.facts(provider, model)?.price);
    const record = attempt.record({ outcome: outcomeOf(end), usage, error: end.error, cost });
    trace(attempt, messages, end, usage, record);
    const turnId = endingTurnOf(attempt, end);
    if (turnId === undefined) this.count(record, faultOf(end.error), await this.ledger.record(record));
    else
      void this.ledger
        .recordWithTurn(record, turnId)
        .then((stored) => this.count(record, faultOf(end.error), stored));
    return usage.totalTokens;
  }

  private count(record: AttemptRecord, fault: Fault, stored: HowStored): void {
    // The process that took the attempt for lost has counted it.
    if (stored === 'corrected') return;
    const model = this.catalogue.publicName(record.provider, record.model);
    this.metrics.attempt({ ...record, model, fault });
  }

  /** The usage of all requests that may be billed; requests that were rejected or never arrived are not. */
  private async usageOf(
    { request, lost }: Attempt,
    messages: readonly ModelMessage[],
    { finish, error, wasCancelled }: AttemptEnd,
  ): Promise<Usage> {
    const billed = lost.filter((sent) => sent.request.mayHaveBeenRead(sent.error, false));
    const usages = await Promise.all(billed.map((sent) => this.counted(sent.request, messages)));
    const reported = finish?.usage;
    if (reported !== undefined && reported.estimated !== true) return usages.reduce(addUsage, reported);
    const wasRead = finish !== undefined || request?.mayHaveBeenRead(error, wasCancelled) === true;
    const own = request !== undefined && wasRead ? await this.counted(request, messages) : NONE;
    return usages.reduce(addUsage, own);
  }

  /** The usage that the provider reported; what it did not report is counted here. */
  private async counted({ prompt, written }: SentRequest, messages: readonly ModelMessage[]): Promise<Usage> {
    const [inputTokens, outputTokens] = await Promise.all([
      prompt?.inputTokens ?? this.counter.count(messages.map(({ content }) => content)),
      this.counter.count(written),
    ]);
    const cachedTokens = prompt?.cachedTokens;
    return {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      ...(cachedTokens === undefined ? {} : { cachedTokens }),
      estimated: true,
    };
  }
}

/** The turn that ends with the attempt's answer. What has failed may be followed by another attempt, and calls by another answer. */
function endingTurnOf(
  { context }: Attempt,
  { finish, toolCalls = [], error }: AttemptEnd,
): string | undefined {
  const { cause, endsTurn = false } = context;
  if (!endsTurn || cause.type !== 'turn') return undefined;
  return finish !== undefined && error === undefined && toolCalls.length === 0 ? cause.turnId : undefined;
}

const NONE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0, estimated: true };

/** Ends the attempt's span, with question and answer only if the operator has enabled that. */
function trace(
  { span, request, firstTokenMs }: Attempt,
  messages: readonly ModelMessage[],
  { finish, toolCalls = [] }: AttemptEnd,
  usage: Usage,
  { outcome, errorCode }: AttemptRecord,
): void {
  if (firstTokenMs !== null) span.firstToken(firstTokenMs);
  span.content?.(messages, {
    content: request === undefined ? '' : [...request.reasoning, ...request.text].join(''),
    toolCalls,
    finishReason: finish?.reason,
  });
  span.end({ usage, finishReason: finish?.reason, outcome, errorCode });
}

function outcomeOf({ finish, error, wasCancelled }: AttemptEnd): AttemptOutcome {
  if (finish !== undefined) return finish.reason === 'content_filter' ? 'refused' : 'completed';
  if (wasCancelled) return 'cancelled';
  return (error as { fault?: unknown }).fault === 'refusal' ? 'refused' : 'failed';
}
