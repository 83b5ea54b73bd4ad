import {
  giveAll,
  LeaseLostError,
  type Basis,
  type HistoryMessage,
  type ResolvedInput,
  type Sink,
  type StepEvent,
  type StepOutcome,
  type StepResult,
  type WorkflowStatusChanged,
} from '../../kernel/index.js';
import type { AskModel } from '../../llm/index.js';
import { stepOf } from '../core/definition.js';
import type { EnteredForm } from '../core/prompt.js';
import {
  advance,
  advanceTo,
  closing,
  failing,
  isOpen,
  opening,
  withForm,
  type Advance,
} from '../core/run.js';
import { closedBy, toldAgain, toldOf, type StepRecord } from '../core/step-record.js';
import type { JournalWriter } from '../ports/run-journal.js';
import type { OpenRun, WorkflowRunStore } from '../ports/workflow-run-store.js';
import { goingOn } from '../steps/generate.js';
import { needsMessage, runStep, type StepDefinition, type WorkflowDefinition } from '../steps/kinds.js';
import type { AskingStep, Decided, Said, StepWork, Waits, WorkflowInput } from '../steps/step-kind.js';
import type { PrepareQuestion } from './prepare-question.js';
import type { StepTools } from './step-tools.js';

/** So many steps run in one turn; with more to come, they wait for the next message. */
export const MAX_STEPS = 20;

/** A turn as it runs the steps of its thread's workflow. */
export interface StepsInput extends WorkflowInput, JournalWriter {
  /** What came of what the turn has asked of people, by the keys of the inputs. */
  readonly inputs: ReadonlyMap<string, ResolvedInput>;
  readonly leaving?: AbortSignal | undefined;
}

/** What running steps takes. */
interface Means {
  readonly runs: WorkflowRunStore;
  readonly questions: PrepareQuestion;
  readonly models: Pick<AskModel, 'ask'>;
  readonly tools: StepTools;
}

type Ended = Said | Decided;

/** One execution of a turn: runs one step after the other, until one waits or the next one needs a message. */
export class TurnSteps {
  /** The names of calls that the turn has used: each is once in it. */
  readonly callIds = new Set<string>();
  /** What was said in the turn so far, and what models are told in between. */
  private readonly own: HistoryMessage[] = [];
  private basis: Basis | undefined;
  private last: StepRecord | undefined;
  private count = 0;

  constructor(
    private readonly means: Means,
    private readonly input: StepsInput,
    private readonly definition: WorkflowDefinition,
    private open: OpenRun,
    private isBegun: boolean,
    readonly tell: Sink<StepEvent>,
    readonly signal: AbortSignal,
  ) {
    this.basis = input.basis;
  }

  /** Tells what former executions of the turn have done, without doing it again. */
  async again(records: readonly StepRecord[]): Promise<void> {
    await giveAll(this.tell, toldAgain(records));
    records.forEach((record) => this.took(record));
  }

  /** Goes on from where the run stands. */
  async goOn(): Promise<StepResult> {
    for (;;) {
      const { run } = this.open;
      const step = stepOf(this.definition, run.step);
      const told = opening(run, this.definition, this.isBegun);
      await giveAll(this.tell, told);
      try {
        const end = await runStep(step, this.workOf());
        if (end.type === 'waits') return { waitsFor: end.waitsFor };
        const to = this.after(step, end);
        const goesOn = this.goesOn(step, to);
        const record = this.recordOf(step, end, to, goesOn, told);
        if (!goesOn) return await this.end(step, to, record);
        // Before anybody is told: from here on the step is not run again.
        await this.means.runs.advanceWithin(run, to, this.input, record);
        await giveAll(this.tell, closedBy(record));
        this.took(record);
        this.moved(to);
      } catch (error) {
        if (!this.goesOnElsewhere(error)) await this.tell(failing(run, this.definition));
        throw error;
      }
    }
  }

  /** The step has not failed: whoever stops it says what becomes of it, or another process goes on with it. */
  private goesOnElsewhere(error: unknown): boolean {
    const { leaving } = this.input;
    const isLeft = leaving?.aborted === true && error === leaving.reason;
    return this.signal.aborted || isLeft || error instanceof LeaseLostError;
  }

  private async end(step: StepDefinition, to: Advance, record: StepRecord): Promise<StepOutcome> {
    // What an open step says is asked for again when it is lost.
    if (!isOpen(step)) await this.means.runs.advance(this.open.run, to, this.input.turnId, record);
    return record.outcome;
  }

  private workOf(): StepWork {
    const { input, own } = this;
    return {
      input,
      own,
      key: `step:${this.open.run.stepsDone}`,
      inputs: input.inputs,
      ask: (step, before, content) => this.ask(step, before, content),
    };
  }

  private async ask(
    step: AskingStep,
    said: readonly HistoryMessage[],
    content: string,
  ): Promise<Said | Waits> {
    const { threadId, turnId } = this.input;
    const cause = { type: 'turn', threadId, turnId, step: step.id } as const;
    const input = { ...this.input, basis: this.basis };
    const current = stepOf(this.definition, this.open.run.step);
    const endsTurn = !this.goesOn(current, advance(this.open.run, current));
    const rounds = await this.means.tools.roundsOf(step, this.input, `step:${this.open.run.stepsDone}`, this);
    const known = await rounds?.foundBefore();
    const about = { before: said, content, forms: this.forms(), found: known };
    const asked = { ...about, input, step, cause, endsTurn };
    const { question, citations, basis, found } = await this.means.questions.prepare(asked);
    await giveAll(this.tell, toldOf({ basis, citations }));
    if (rounds === undefined) {
      const answered = await this.means.models.ask(question, this.signal, this.tell);
      return { type: 'said', answered, citations, basis };
    }
    const end = await rounds.ask(question, found);
    if (end.waitsFor !== undefined) return { type: 'waits', waitsFor: end.waitsFor };
    // It is a message of its own behind the calls, also where the model has nothing to say.
    if (end.answered.said.text.join('') === '') await this.tell({ type: 'text', text: '' });
    return { type: 'said', answered: end.answered, rounds: end.rounds, citations, basis };
  }

  /** What people have entered last into each form. */
  private forms(): readonly EnteredForm[] {
    const last = new Map(this.open.entered.map(({ step, content }) => [step, content]));
    return [...last].map(([step, content]) => ({ title: stepOf(this.definition, step).title, content }));
  }

  private after(step: StepDefinition, end: Ended): Advance {
    const { run, entered } = this.open;
    if (end.type === 'said') return advance(run, step);
    const to = advanceTo(run, end.next);
    return end.isAccepted ? { ...to, entered: withForm(entered, run, end.entered) } : to;
  }

  private goesOn(step: StepDefinition, to: Advance): boolean {
    if (to.status === 'completed' || isOpen(step) || this.count + 1 >= MAX_STEPS) return false;
    return !needsMessage(stepOf(this.definition, to.step));
  }

  /** What is kept of a step whose work is not to be done again. */
  private recordOf(
    step: StepDefinition,
    end: Ended,
    to: Advance,
    goesOn: boolean,
    told: readonly WorkflowStatusChanged[],
  ): StepRecord {
    const { run } = this.open;
    const isSkipped = end.type === 'decided' && !end.isAccepted;
    const status = {
      closing: closing(run, this.definition, to, { isSkipped, goesOn }),
      workflow: { workflow: run.workflow, runId: run.id, step: step.id, status: to.status },
      state: { runId: run.id, step: to.step, status: to.status, stepsDone: to.stepsDone },
    };
    const said = end.type === 'said' ? saidBy(end) : saidBefore(this.last, goesOn);
    const rounds = end.type === 'said' && end.rounds !== undefined ? { rounds: end.rounds } : {};
    return { ...said, ...rounds, step: step.id, opening: told, outcome: { ...said.outcome, ...status } };
  }

  /** The step is done, and what it said is what the next ones go by. */
  private took(record: StepRecord): void {
    this.count += 1;
    this.isBegun = false;
    for (const { toolCalls } of record.rounds ?? []) toolCalls.forEach(({ id }) => this.callIds.add(id));
    if (record.outcome.isAnswered === true) return;
    const step = stepOf(this.definition, record.step);
    if (step.kind === 'generate') this.own.push({ role: 'user', content: goingOn(step) });
    this.own.push({ role: 'assistant', content: record.content });
    this.last = record;
    this.basis = record.outcome.basis ?? this.basis;
  }

  private moved({ step, status, stepsDone, entered = this.open.entered }: Advance): void {
    this.open = { run: { ...this.open.run, step, status, stepsDone }, entered };
  }
}

type Content = Pick<StepRecord, 'content' | 'provider' | 'model'> & {
  readonly outcome: Omit<StepOutcome, 'closing' | 'workflow' | 'state'>;
};

function saidBy({ answered, citations, basis }: Said): Content {
  const { said, provider, model, finishReason, usage, toolCalls } = answered;
  const drawn = basis === undefined ? {} : { basis };
  return {
    content: said.text.join(''),
    provider,
    model,
    outcome: { finishReason, usage, citations, ...drawn, toolCalls },
  };
}

/** Of a step that says nothing itself. */
function saidBefore(last: StepRecord | undefined, goesOn: boolean): Content {
  if (last === undefined)
    return { ...NOTHING, outcome: goesOn ? { ...NOTHING.outcome, isAnswered: true } : NOTHING.outcome };
  const { content, provider, model, outcome } = last;
  const { closing: _closing, workflow: _workflow, state: _state, ...said } = outcome;
  return { content, provider, model, outcome: { ...said, isAnswered: true } };
}

const NOTHING: Content = {
  content: '',
  provider: null,
  model: null,
  outcome: {
    finishReason: 'stop',
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    citations: [],
    toolCalls: [],
  },
};
