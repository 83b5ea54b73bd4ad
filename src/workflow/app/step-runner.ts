import { setTimeout as pause } from 'node:timers/promises';
import {
  AppError,
  toAppError,
  type Basis,
  type ErrorCode,
  type HistoryMessage,
  type Sink,
  type StepEvent,
  type WorkflowStatusChanged,
} from '../../kernel/index.js';
import type { StepFields } from '../core/definition.js';
import { nodeAt, type Flow } from '../core/flow.js';
import { mergedBasis, type Entered } from '../core/results.js';
import type { ActiveStep } from '../core/run-state.js';
import type { StepRecord, ToolRound } from '../core/step-record.js';
import { goingOn } from '../steps/generate.js';
import { runStep } from '../steps/kinds.js';
import type { Ended, StepEnd } from '../steps/step-kind.js';
import { SaidByStep } from './said-by-step.js';
import { StepAsking } from './step-asking.js';
import type { Begun, StepMeans, StepsInput } from './step-means.js';
import { viewOf } from './step-view.js';

/** Runs the steps of one execution of a turn, with what the steps before them have left. */
export class StepRunner {
  /** The names of calls that the turn has used: each is once in it. */
  readonly callIds = new Set<string>();
  /** What was said in the turn so far, and what models are told in between. */
  readonly own: HistoryMessage[] = [];
  basis: Basis | undefined;
  /** What the steps of the run have left. */
  results: readonly Entered[] = [];
  /** How many steps of the run were done when the user's message came. */
  messageAt = 0;
  private readonly begun = new Map<string, Begun>();
  private readonly said = new Map<string, SaidByStep>();
  private telling: Promise<unknown> = Promise.resolve();

  constructor(
    readonly means: StepMeans,
    readonly input: StepsInput,
    readonly flow: Flow,
    private readonly tell: Sink<StepEvent>,
  ) {
    this.basis = input.basis;
  }

  /** How a step that runs was begun. */
  begunAt(at: string): Begun {
    return this.begun.get(at) ?? { opening: [], startedAt: new Date().toISOString() };
  }

  /** Runs the step to its end, or until it waits. Throws when it has failed as often as it is tried. */
  async run(
    active: ActiveStep,
    opening: readonly WorkflowStatusChanged[],
    signal: AbortSignal,
    isBeside: boolean,
    endsTurn: (end: Pick<Ended, 'type'>) => boolean,
  ): Promise<StepEnd> {
    this.begun.set(active.at, { opening, startedAt: new Date().toISOString() });
    const { step } = nodeAt(this.flow, active.at)!;
    const { retries } = step;
    for (let attempt = 0; ; attempt += 1) {
      const said = new SaidByStep(this.tell);
      this.said.set(active.at, said);
      try {
        return await this.attempt(step, active, signal, said, isBeside, endsTurn);
      } catch (error) {
        const isLast =
          retries === undefined || attempt >= retries.max || signal.aborted || said.hasEndedMessage;
        if (isLast || !mayPass(error)) throw error;
        // What was said of the answer is said anew.
        if (said.hasSaid) await this.tell({ type: 'reset', reason: toAppError(error).code });
        await pause(retries.backoffMs * 2 ** attempt, undefined, { signal }).catch(() =>
          signal.throwIfAborted(),
        );
      }
    }
  }

  /**
   * The run goes on without the step having come to its end: what it was saying is taken back, and each of its calls has a
   * result. Answers the rounds that it has told of.
   */
  async leave(at: string, code: ErrorCode): Promise<readonly ToolRound[]> {
    const said = this.said.get(at);
    await said?.takeBack(code);
    return said?.rounds ?? [];
  }

  /** What a step that is done has said, and what that was drawn from. */
  took(record: StepRecord): void {
    for (const { toolCalls } of record.rounds ?? []) toolCalls.forEach(({ id }) => this.callIds.add(id));
    if (record.outcome.isAnswered === true) return;
    const { step } = nodeAt(this.flow, record.step) ?? {};
    if (step?.kind === 'generate') this.own.push({ role: 'user', content: goingOn(step) });
    this.own.push({ role: 'assistant', content: record.content });
    this.basis = record.outcome.basis ?? this.basis;
  }

  private async attempt(
    step: StepFields,
    { at, since }: ActiveStep,
    signal: AbortSignal,
    said: SaidByStep,
    isBeside: boolean,
    endsTurn: (end: Pick<Ended, 'type'>) => boolean,
  ): Promise<StepEnd> {
    const { input, own } = this;
    const clock = new AbortController();
    const timer =
      step.timeoutMs === undefined
        ? undefined
        : setTimeout(() => clock.abort(tookTooLong(step)), step.timeoutMs);
    const limited = timer === undefined ? signal : AbortSignal.any([signal, clock.signal]);
    const key = at.includes('/') ? `step:${since}:${at}` : `step:${since}`;
    const place = { at, key, signal: limited, tell: said.tell, endsTurn };
    const asking = new StepAsking(this, place);
    try {
      return await runStep(step, {
        ...{ input, own, key, inputs: input.inputs, isBeside },
        view: () => viewOf(this.results, { at, messageAt: this.messageAt }, this.flow, input),
        ask: (asked, before, content) => asking.ask(asked, before, content),
        askSilently: (asked, before, content, format) => asking.askSilently(asked, before, content, format),
        search: (query, limit) => asking.search(query, limit),
        call: (asked, tool, args) => asking.call(asked, tool, args),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** What answers are drawn from besides the history: also what steps of the run have found or made of it. */
  basisOfAnswers(): Basis | undefined {
    return mergedBasis(this.basis, this.results);
  }

  /** Of several steps that tell of messages, one does after the other: the messages of a turn are in an order. */
  oneByOne<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.telling.then(work);
    this.telling = done.catch(() => undefined);
    return done;
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof AppError && error.retryable;
}

function tookTooLong({ id, timeoutMs }: StepFields): AppError {
  return new AppError('PROVIDER_TIMEOUT', 'A step of the workflow took longer than it may.', {
    details: { step: id, timeoutMs },
  });
}
