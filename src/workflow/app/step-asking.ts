import { giveAll, type Basis, type HistoryMessage, type Sink, type StepEvent } from '../../kernel/index.js';
import { nodeAt, type Flow } from '../core/flow.js';
import { basisOf, type EnteredForm } from '../core/prompt.js';
import { formsIn, variableAt, variablesOf, type Entered } from '../core/results.js';
import { toldOf } from '../core/step-record.js';
import type { FoundPassage } from '../../rag/index.js';
import type { AskingStep, Called, Ended, Found, Said, Silent, Waits } from '../steps/step-kind.js';
import { answerInWords } from './answer-in-words.js';
import type { Asked } from './prepare-question.js';
import type { StepMeans, StepsInput } from './step-means.js';

/** The step that asks. */
interface Place {
  readonly at: string;
  readonly key: string;
  readonly signal: AbortSignal;
  readonly tell: Sink<StepEvent>;
  endsTurn(end: Pick<Ended, 'type'>): boolean;
}

/** The turn of the step, and what its steps have left. */
interface AskingTurn {
  readonly means: StepMeans;
  readonly input: StepsInput;
  readonly flow: Flow;
  readonly callIds: Set<string>;
  readonly results: readonly Entered[];
  /** What answers are drawn from besides what they are shown. */
  basisOfAnswers(): Basis | undefined;
  /** Of several that tell of messages, one does after the other. */
  oneByOne<Result>(work: () => Promise<Result>): Promise<Result>;
}

type Format = { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };

/** What one step of a turn asks models, documents and tools. */
export class StepAsking {
  constructor(
    private readonly turn: AskingTurn,
    private readonly place: Place,
  ) {}

  async ask(step: AskingStep, before: readonly HistoryMessage[], content: string): Promise<Said | Waits> {
    const { means, input, callIds } = this.turn;
    const { key, tell, signal } = this.place;
    const rounds = await means.tools.roundsOf(step, input, key, { tell, signal, callIds });
    const known = await rounds?.foundBefore();
    const endsTurn = this.place.endsTurn({ type: 'said' });
    const asked = {
      ...this.asked(step, before, content),
      endsTurn,
      ...(known !== undefined && { found: known }),
    };
    const { question, citations, basis, found } = await means.questions.prepare(asked);
    await giveAll(tell, toldOf({ basis, citations }));
    if (rounds === undefined) {
      const answered = await answerInWords({ models: means.models, signal, tell }, question);
      return { type: 'said', answered, citations, basis };
    }
    const end = await rounds.ask(question, found);
    if (end.waitsFor !== undefined) return { type: 'waits', waitsFor: end.waitsFor };
    // It is a message of its own behind the calls, also where the model has nothing to say.
    if (end.answered.said.text.join('') === '') await tell({ type: 'text', text: '' });
    return { type: 'said', answered: end.answered, rounds: end.rounds, citations, basis };
  }

  async askSilently(
    step: AskingStep,
    before: readonly HistoryMessage[],
    content: string,
    format?: Format,
  ): Promise<Silent> {
    const { means } = this.turn;
    const { question, basis } = await means.questions.prepare(this.asked(step, before, content));
    const responseFormat = format && { type: 'json_schema' as const, ...format };
    const silent = { ...question, ...(responseFormat && { responseFormat }) };
    const { said } = await means.models.ask(silent, this.place.signal, () => undefined);
    return { text: said.text.join(''), basis };
  }

  async search(query: string, limit: number): Promise<Found> {
    const { means, input } = this.turn;
    if (input.rag === false) return { passages: [], basis: undefined };
    const passages = await means.questions.search(input.caller, query, limit);
    return { passages, basis: basisOf(passages, undefined) };
  }

  async call(
    step: AskingStep,
    tool: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<Called | Waits> {
    const { means, input, callIds } = this.turn;
    const { key, tell, signal } = this.place;
    const rounds = await means.tools.roundsOf(step, { ...input, tools: undefined }, key, {
      tell,
      signal,
      callIds,
    });
    if (rounds === undefined) return { type: 'called', ok: false, content: NO_SUCH_TOOL, rounds: [] };
    return this.turn.oneByOne(() => rounds.callOne(tool, JSON.stringify(args)));
  }

  private asked(step: AskingStep, before: readonly HistoryMessage[], content: string): Asked {
    const { threadId, turnId } = this.turn.input;
    const cause = { type: 'turn', threadId, turnId, step: this.place.at } as const;
    const input = { ...this.turn.input, basis: this.basis };
    return {
      input,
      step,
      before,
      content,
      forms: this.forms(),
      cause,
      endsTurn: false,
      found: this.found(step),
    };
  }

  private get basis(): Basis | undefined {
    return this.turn.basisOfAnswers();
  }

  /** The passages that a step before has found, for one that is to be drawn from those. */
  private found({ passages }: AskingStep): readonly FoundPassage[] | undefined {
    if (passages === undefined) return undefined;
    const scope = this.place.at.split('/').slice(0, -1);
    const found = variableAt(variablesOf(this.turn.results), [...scope, passages]);
    return Array.isArray(found) ? (found as readonly FoundPassage[]) : [];
  }

  /** What people have entered last into each form. */
  private forms(): readonly EnteredForm[] {
    return formsIn(this.turn.results).map(({ step, content }) => ({
      title: nodeAt(this.turn.flow, step)?.step.title ?? step,
      content,
    }));
  }
}

const NO_SUCH_TOOL = 'There is no such tool here.';
