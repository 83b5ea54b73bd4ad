import {
  giveAll,
  type HistoryMessage,
  type RequestedInput,
  type Sink,
  type StepEvent,
  type ToolCall,
} from '../../kernel/index.js';
import type { AskModel, Answered, Question, ToolDefinition } from '../../llm/index.js';
import type { Tool } from '../../tool/index.js';
import type { ToolRound } from '../core/step-record.js';
import type { TurnJournal } from './journal.js';
import { toldOfCall, type AnsweredCall, type ToolCalls } from './tool-calls.js';

/** What letting a model call tools takes. */
export interface RoundMeans {
  readonly models: Pick<AskModel, 'ask'>;
  readonly calls: ToolCalls;
  readonly journal: TurnJournal;
  readonly tell: Sink<StepEvent>;
  readonly signal: AbortSignal;
  /** Names of calls that the turn has used. */
  readonly callIds: Set<string>;
  /** So many rounds of calls at most; after them the model answers without tools. */
  readonly maxRounds: number;
}

/** What the journal knows the step by, and what its messages are said in. */
export interface RoundsStep {
  readonly key: string;
  readonly id: string;
}

/** What a model has come to with the tools that it was given. An answer that calls tools calls those of the client. */
export type RoundsEnd =
  | { readonly answered: Answered; readonly rounds: readonly ToolRound[]; readonly waitsFor?: undefined }
  | { readonly waitsFor: readonly RequestedInput[] };

/** What a model has said in a round that called tools, as the journal keeps it: asking again would cost again. */
type KeptAnswer = Omit<Answered, 'said'> & { readonly text: string; readonly reasoning: string };

/** Calls that one answer may have: those that follow are left out of it. */
const MAX_CALLS = 32;
/** UTF-16 code units of arguments that the calls of one answer have together: the journal has to have room for them. */
const MAX_ARGUMENTS_CHARS = 300_000;
/** No arguments of any tool, so that a call with them is answered and not made. */
const TOO_LONG = JSON.stringify('[The arguments were too long, and are left out.]');

const NO_MORE_TOOLS =
  'No more tools can be called in this turn. Answer with what you have, and say what could not be done.';

/** Lets a model call tools, round by round, until it answers without them. */
export class ToolRounds {
  private readonly rounds: ToolRound[] = [];

  constructor(
    private readonly means: RoundMeans,
    private readonly step: RoundsStep,
    private readonly tools: readonly Tool[],
    /** Tools that the client calls itself: a round that calls one is the last. */
    private readonly clients: readonly ToolDefinition[] = [],
  ) {}

  async ask(question: Question): Promise<RoundsEnd> {
    const { maxRounds } = this.means;
    const tools = [...this.tools.map(definitionFor), ...this.clients];
    const { toolChoice, parallelToolCalls, ...rest } = question;
    let messages = question.messages;
    for (let round = 1; ; round += 1) {
      const isLast = round > maxRounds;
      // What must be called is called once: with the same choice again there would be no answer.
      const choice = round === 1 && toolChoice !== undefined ? { toolChoice } : {};
      const parallel = parallelToolCalls === undefined ? {} : { parallelToolCalls };
      const asked: Question = isLast
        ? { ...rest, messages: [...messages, { role: 'user', content: NO_MORE_TOOLS }] }
        : { ...rest, ...choice, ...parallel, messages, tools };
      const said = await this.say(`model:${this.step.key}:${round}`, asked);
      if ('answered' in said) return { answered: said.answered, rounds: this.rounds };
      if (isLast) throw new Error('a model was answered without tools, and called some');
      const outcome = await this.carryOut(said.kept);
      if (outcome.waitsFor.length > 0) return { waitsFor: outcome.waitsFor };
      const left = this.leftToClient(said.kept);
      if (left.length > 0) return { answered: withCalls(said.kept, left), rounds: this.rounds };
      this.rounds.push({ ...said.kept, citations: [] });
      messages = [...messages, ...this.spoken(said.kept, outcome.answered)];
    }
  }

  /** An answer without calls is the end, and is not kept: it is asked for again when it is lost. */
  private async say(
    key: string,
    question: Question,
  ): Promise<{ readonly answered: Answered } | { readonly kept: KeptAnswer }> {
    const { journal, models, signal, tell } = this.means;
    const known = await journal.recall<KeptAnswer>(key);
    if (known !== undefined) {
      await giveAll(tell, toldOf(known));
      known.toolCalls.forEach(({ id }) => this.means.callIds.add(id));
      return { kept: known };
    }
    const answered = await models.ask(question, signal, tell);
    const toolCalls = question.tools === undefined ? [] : this.named(answered.toolCalls);
    if (toolCalls.length === 0) return { answered: { ...answered, toolCalls } };
    const { said, ...rest } = answered;
    const kept = { ...rest, toolCalls, text: said.text.join(''), reasoning: said.reasoning.join('') };
    return { kept: await journal.keep(key, kept) };
  }

  /** Each call has a name of its own in the turn, whatever its provider calls it, and can be kept. */
  private named(calls: readonly ToolCall[]): ToolCall[] {
    const { callIds: used } = this.means;
    let left = MAX_ARGUMENTS_CHARS;
    return calls.slice(0, MAX_CALLS).map((call) => {
      const own = call.id.slice(0, 128).replaceAll('\0', '').toWellFormed() || 'call';
      let id = own;
      for (let more = 2; used.has(id); more += 1) id = `${own.slice(0, 120)}_${more}`;
      used.add(id);
      const fits = call.arguments.length <= left;
      if (fits) left -= call.arguments.length;
      return { ...call, id, arguments: fits ? call.arguments : TOO_LONG };
    });
  }

  /** Runs the calls that are not left to the client. */
  private async carryOut(said: KeptAnswer) {
    const { finishReason, usage, toolCalls } = said;
    const end = { finishReason, usage, citations: [], toolCalls: [...toolCalls] };
    const left = this.leftToClient(said);
    const asked = toolCalls
      .filter((call) => !left.includes(call))
      .map((call) => ({
        call,
        tool: this.tools.find(({ definition }) => definition.name === call.name),
      }));
    const requested = asked.map(({ call, tool }) => toldOfCall(call, tool, 'requested'));
    await this.means.tell({ type: 'message_end', step: this.step.id, ...end, requested });
    return this.means.calls.run(asked);
  }

  private leftToClient({ toolCalls }: KeptAnswer): ToolCall[] {
    return toolCalls.filter((call) => this.clients.some(({ name }) => name === call.name));
  }

  /** What the model is shown of a round: its calls, and what came of each. */
  private spoken(said: KeptAnswer, answered: readonly AnsweredCall[]): HistoryMessage[] {
    const { text, toolCalls, reasoning } = said;
    return [
      { role: 'assistant', content: text, toolCalls, ...(reasoning !== '' && { reasoning }) },
      ...answered.map((one): HistoryMessage => ({
        role: 'tool',
        toolCallId: one.callId,
        content: this.means.calls.shown(one),
      })),
    ];
  }
}

function definitionFor({ definition: { name, description, parameters } }: Tool): ToolDefinition {
  return { name, description, parameters };
}

/** A round as the answer that its client goes on from. */
function withCalls({ text, reasoning, ...rest }: KeptAnswer, toolCalls: readonly ToolCall[]): Answered {
  return { ...rest, toolCalls, said: { text: [text], reasoning: [reasoning] } };
}

function* toldOf({ provider, model, text, reasoning }: KeptAnswer): Generator<StepEvent, void> {
  yield { type: 'attempt', provider, model };
  if (reasoning !== '') yield { type: 'reasoning', text: reasoning };
  if (text !== '') yield { type: 'text', text };
}
