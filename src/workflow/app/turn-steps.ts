import {
  giveAll,
  LeaseLostError,
  toAppError,
  type RequestedInput,
  type Sink,
  type StepEvent,
  type StepOutcome,
  type StepResult,
} from '../../kernel/index.js';
import { nodeAt, type Flow } from '../core/flow.js';
import { advanceOf, closing, failing, opening, stateOf } from '../core/run.js';
import {
  advance,
  isInside,
  type ActiveStep,
  type Advanced,
  type RunEvent,
  type RunState,
} from '../core/run-state.js';
import { closedBy, toldAgain, type StepRecord } from '../core/step-record.js';
import type { OpenRun } from '../ports/workflow-run-store.js';
import type { Ended } from '../steps/step-kind.js';
import { Lanes, LEFT } from './lanes.js';
import { eventOf, howOf, recordOf, resultsAfter, tooManySteps, type Failed } from './step-results.js';
import type { StepMeans, StepsInput } from './step-means.js';
import { StepRunner } from './step-runner.js';

/** One execution of a turn: runs one step after the other, until one waits or the next one needs a message. */
export class TurnSteps {
  private readonly runner: StepRunner;
  private state: RunState;
  private last: StepRecord | undefined;
  private saidByStep = false;
  /** What steps come to is stored one after the other. */
  private settling: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly means: StepMeans,
    private readonly input: StepsInput,
    private readonly flow: Flow,
    private open: OpenRun,
    private isBegun: boolean,
    readonly tell: Sink<StepEvent>,
    readonly signal: AbortSignal,
  ) {
    this.state = stateOf(open.run, 0);
    this.runner = new StepRunner(means, input, flow, tell);
    this.runner.results = open.entered;
    this.runner.messageAt = this.state.stepsDone;
  }

  /** Tells what former executions of the turn have done, without doing it again. */
  async again(records: readonly StepRecord[]): Promise<void> {
    await giveAll(this.tell, toldAgain(records));
    records.forEach((record) => this.took(record));
    this.state = { ...this.state, inARow: records.length };
    this.runner.messageAt = this.state.stepsDone - records.length;
  }

  /** Goes on from where the run stands. */
  async goOn(): Promise<StepResult> {
    for (;;) {
      const [step] = this.state.active;
      if (step === undefined) throw new Error(`run ${this.open.run.id} has nothing to go on with`);
      if (this.state.open.length > 0) {
        const waitsFor = await this.sideBySide();
        if (waitsFor.length > 0) return { waitsFor };
      } else {
        const result = await this.alone(step);
        if (result !== undefined) return result;
      }
    }
  }

  /** Runs the only step that is active; answers how the turn ends, if it does. */
  private async alone(active: ActiveStep): Promise<StepResult | undefined> {
    try {
      const end = await this.run(active, this.signal);
      if (end.type === 'waits') return { waitsFor: end.waitsFor };
      return await this.settle(active, end);
    } catch (error) {
      return this.failed(active, error);
    }
  }

  /** Runs the steps inside a step, until all have ended or those that are left wait. */
  private async sideBySide(): Promise<readonly RequestedInput[]> {
    const waitsFor: RequestedInput[] = [];
    const lanes = new Lanes(this.signal, async (active, signal) => {
      try {
        const end = await this.run(active, signal);
        if (end.type === 'waits') waitsFor.push(...end.waitsFor);
        else await this.settle(active, end);
      } catch (error) {
        // Another step has failed, and the run goes on without this one.
        if (signal.aborted && !this.signal.aborted) {
          if (signal.reason === LEFT) await this.runner.leave(active.at, toAppError(error).code);
          return;
        }
        await this.failed(active, error);
      }
    });
    await lanes.run(() => this.state.active.filter(({ at }) => isInside(this.state, at)));
    return waitsFor;
  }

  private async run(active: ActiveStep, signal: AbortSignal) {
    const told = opening(this.told, this.state, active.at, this.isBegun);
    this.isBegun = false;
    await giveAll(this.tell, told);
    const isBeside = isInside(this.state, active.at);
    return this.runner.run(active, told, signal, isBeside, (end) => this.endsTurn(active, end));
  }

  private get told() {
    return { run: this.open.run, flow: this.flow };
  }

  /** Whether the turn ends when the step comes to this end. */
  private endsTurn({ at }: ActiveStep, end: Pick<Ended, 'type'>): boolean {
    const event = eventOf(nodeAt(this.flow, at)!.step, at, { type: end.type } as Ended);
    return !this.goesOn(advance(this.flow, this.state, event), true);
  }

  /** A step has ended: it is stored, and told of. */
  private settle(active: ActiveStep, end: Ended): Promise<StepOutcome | undefined> {
    const settled = this.settling.then(() => {
      const step = nodeAt(this.flow, active.at)!.step;
      return this.store(active, end, eventOf(step, active.at, end));
    });
    this.settling = settled.catch(() => undefined);
    return settled;
  }

  private async store(
    active: ActiveStep,
    end: Ended | Failed,
    event: RunEvent,
  ): Promise<StepOutcome | undefined> {
    if (!this.state.active.some(({ at }) => at === active.at)) return undefined;
    const after = advance(this.flow, this.state, event);
    const goesOn = this.goesOn(after, end.type === 'said');
    const results = resultsAfter(this.open.entered, this.state, active.at, end);
    const to = { ...advanceOf(after.state), ...(results === undefined ? {} : { entered: results }) };
    const how = howOf(end);
    const told = closing(this.told, active.at, after, {
      how: how === 'completed' ? 'step_completed' : how,
      goesOn,
    });
    const stored = { active, end, event, goesOn, to, told, run: this.open.run, last: this.last };
    const record = recordOf(stored, this.runner.begunAt(active.at));
    if (!goesOn) return this.endTurn(after, to, record);
    // Before anybody is told: from here on the step is not run again.
    await this.means.runs.advanceWithin(this.stored, to, this.input, record);
    await giveAll(this.tell, closedBy(record));
    this.took(record);
    this.moved(after.state, to.entered);
    if (after.effects.some(({ type }) => type === 'stuck')) throw tooManySteps(this.flow.maxSteps);
    return undefined;
  }

  private async endTurn(
    after: Advanced,
    to: ReturnType<typeof advanceOf>,
    record: StepRecord,
  ): Promise<StepOutcome> {
    // What an open step says is asked for again when it is lost.
    if (after.effects.length > 0) await this.means.runs.advance(this.stored, to, this.input.turnId, record);
    return record.outcome;
  }

  /** The run as it is stored. */
  private get stored() {
    const { step, stepsDone } = advanceOf(this.state);
    return { ...this.open.run, step, stepsDone };
  }

  private moved(state: RunState, entered = this.open.entered): void {
    this.state = state;
    this.open = { run: { ...this.open.run, ...advanceOf(state) }, entered };
    this.runner.results = entered;
  }

  /** `says`: the step that this comes of has answered the message. */
  private goesOn({ state, effects }: Advanced, says: boolean): boolean {
    if (state.status === 'completed' || effects.length === 0) return false;
    if (state.open.length > 0) return true;
    const next = state.active[0] && nodeAt(this.flow, state.active[0].at);
    return next !== undefined && !(next.needsMessage && (says || this.saidByStep));
  }

  /** Where nothing leads on from a failure, it is thrown. */
  private async failed(active: ActiveStep, error: unknown): Promise<StepOutcome | undefined> {
    if (this.goesOnElsewhere(error)) throw error;
    const isActive = this.state.active.some(({ at }) => at === active.at);
    if (!isActive) return this.stuck(this.state.active[0] ?? active, error);
    const event: RunEvent = { type: 'failed', at: active.at };
    const { effects } = advance(this.flow, this.state, event);
    if (effects.some(({ type }) => type === 'stuck')) return this.stuck(active, error);
    const { runner } = this;
    const failure = toAppError(error);
    const end: Failed = {
      type: 'failed',
      error: failure,
      rounds: await runner.leave(active.at, failure.code),
    };
    const stored = this.settling.then(() => this.store(active, end, event));
    this.settling = stored.catch(() => undefined);
    return stored;
  }

  private async stuck({ at }: ActiveStep, error: unknown): Promise<never> {
    const { run } = this.open;
    const failed = {
      at,
      turnId: this.input.turnId,
      startedAt: this.runner.begunAt(at).startedAt,
      errorCode: toAppError(error).code,
    };
    // What is shown of the run; it goes on without.
    await this.means.runs.failed(this.stored, failed).catch(() => undefined);
    await this.tell(failing({ run, flow: this.flow }, this.state, at));
    throw error;
  }

  /** The step has not failed: whoever stops it says what becomes of it, or another process goes on with it. */
  private goesOnElsewhere(error: unknown): boolean {
    const { leaving } = this.input;
    const isLeft = leaving?.aborted === true && error === leaving.reason;
    return this.signal.aborted || isLeft || error instanceof LeaseLostError;
  }

  /** The step is done, and what it said is what the next ones go by. */
  private took(record: StepRecord): void {
    this.isBegun = false;
    this.runner.took(record);
    if (record.outcome.isAnswered === true) return;
    this.last = record;
    this.saidByStep = true;
  }
}
