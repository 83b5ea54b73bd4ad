import {
  giveAll,
  newId,
  quotedResult,
  type HistoryMessage,
  type RequestedInput,
  type Sink,
  type StepEvent,
  type ToolCall,
} from '../../kernel/index.js';
import {
  narrowed,
  type AskModel,
  type Answered,
  type Question,
  type ToolDefinition,
} from '../../llm/index.js';
import { inSpan } from '../../platform/telemetry/index.js';
import type { FoundPassage } from '../../rag/index.js';
import type { Tool } from '../../tool/index.js';
import { offeredTools } from '../core/offered-tools.js';
import { withServerInstructions, type ServerInstructions } from '../core/server-instructions.js';
import type { ToolRound } from '../core/step-record.js';
import type { AnsweredCall, AskedCall } from './asked-call.js';
import { toldOfCall } from './call-inputs.js';
import type { TurnJournal } from './journal.js';
import type { Called, Waits } from '../steps/step-kind.js';
import { insist } from './answer-in-words.js';
import { metadataFor } from './metadata-for.js';
import { nameCalls } from './name-calls.js';
import { inWords, NO_MORE_TOOLS, refusalFor, withoutTools, wordsForSilence } from './round-words.js';
import type { ToolCalls } from './tool-calls.js';
import { readableCalls } from '../core/readable-calls.js';

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

/** An answer that calls nothing more, or nothing but tools of the client. */
interface Ended {
  readonly answered: Answered;
  /** The rounds before it. */
  readonly rounds: readonly ToolRound[];
  /** How often a model was asked. */
  readonly asked: number;
  readonly waitsFor?: undefined;
}

/** What a model has come to with the tools that it was given. */
export type RoundsEnd = Ended | { readonly waitsFor: readonly RequestedInput[] };

/** What a model has said in a round that called tools, as the journal keeps it: asking again would cost again. */
type KeptAnswer = Omit<Answered, 'said'> & {
  readonly text: string;
  readonly reasoning: string;
  /** How many calls are not even told of. */
  readonly untold?: number;
  /** Of the first round: what the question had from documents. */
  readonly found?: readonly FoundPassage[];
};

/** How a round comes to its end: with an answer, with results that the next one goes on from, or waiting for people. */
type RoundEnd =
  | { readonly answered: Answered; readonly asked: number }
  | { readonly waitsFor: readonly RequestedInput[] }
  | { readonly said: readonly HistoryMessage[] };

/** What stands in place of an answer where no model was asked. */
const UNASKED: Omit<KeptAnswer, 'toolCalls'> = {
  ...{ provider: '', model: '', finishReason: 'tool_calls', text: '', reasoning: '' },
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
};

/** Lets a model call tools, round by round, until it answers without them. */
export class ToolRounds {
  private readonly rounds: ToolRound[] = [];
  private found: readonly FoundPassage[] | undefined;
  private readonly tools: readonly Tool[];
  /** What the model is told of those that it is not offered. */
  private readonly note: string | undefined;

  constructor(
    private readonly means: RoundMeans,
    private readonly step: RoundsStep,
    tools: readonly Tool[],
    /** Tools that the client calls itself: a round that calls one is the last. */
    private readonly clients: readonly ToolDefinition[] = [],
  ) {
    ({ tools: this.tools, note: this.note } = offeredTools(tools, clients.length));
  }

  /** What was found in documents when the turn was executed before, where the model has called tools since. */
  async foundBefore(): Promise<readonly FoundPassage[] | undefined> {
    return (await this.means.journal.recall<KeptAnswer>(this.keyOf(1)))?.found;
  }

  /** `found`: what the question has from documents. It stays when the turn goes on after calls, perhaps days later. */
  async ask(question: Question, found?: readonly FoundPassage[]): Promise<RoundsEnd> {
    this.found = found;
    let messages = withServerInstructions(question.messages, serversOf(this.tools), this.note);
    for (let round = 1; ; round += 1) {
      const facts = { 'threadline.step.id': this.step.id, 'threadline.round': round };
      const context = { ...question.context, cause: narrowed(question.context.cause, { round }) };
      const end = await inSpan('round', facts, () => this.round(round, { ...question, context, messages }));
      if ('answered' in end) return { ...end, rounds: this.rounds };
      if ('waitsFor' in end) return end;
      messages = [...messages, ...end.said];
    }
  }

  /** Makes a call that a step asks for, and no model. */
  async callOne(name: string, args: string): Promise<Called | Waits> {
    const key = this.keyOf(1);
    const known = await this.means.journal.recall<KeptAnswer>(key);
    const call = { id: `call_${newId()}`, name, arguments: args };
    const kept = known ?? (await this.means.journal.keep<KeptAnswer>(key, { ...UNASKED, toolCalls: [call] }));
    kept.toolCalls.forEach(({ id }) => this.means.callIds.add(id));
    const { answered, waitsFor } = await this.carryOut(kept);
    if (waitsFor.length > 0) return { type: 'waits', waitsFor };
    const [{ ok, content }] = answered as [AnsweredCall];
    return { type: 'called', ok, content, rounds: [{ ...kept, citations: [] }] };
  }

  private async round(round: number, question: Question): Promise<RoundEnd> {
    const said = await this.say(this.keyOf(round), this.asked(round, question));
    if ('answered' in said) {
      // Some models say nothing when they have called tools, and others call what they may not.
      const words = wordsForSilence(said.answered, round > 1);
      if (words === undefined) return { answered: inWords(said.answered), asked: round };
      return { answered: await insist(this.means, said.answered, question, words), asked: round + 1 };
    }
    const outcome = await this.carryOut(said.kept);
    if (outcome.waitsFor.length > 0) return { waitsFor: outcome.waitsFor };
    const left = this.leftToClient(said.kept);
    if (left.length > 0) return { answered: withCalls(said.kept, left), asked: round };
    this.rounds.push({ ...said.kept, citations: [] });
    return { said: this.spoken(said.kept, outcome.answered) };
  }

  /** What the model is asked in a round. */
  private asked(round: number, question: Question): Question {
    const { toolChoice, ...rest } = question;
    if (round > this.means.maxRounds) return withoutTools(question, NO_MORE_TOOLS);
    const tools = [...this.tools.map(definitionFor), ...this.clients];
    // What must be called is called once: with the same choice again there would be no answer.
    const choice = round === 1 && toolChoice !== undefined ? { toolChoice } : {};
    return { ...rest, ...choice, tools, takesBrokenArguments: true };
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
    const toolCalls = question.tools === undefined ? [] : nameCalls(answered.toolCalls, this.means.callIds);
    const { said, metadata: _metadata, ...rest } = answered;
    if (toolCalls.length === 0) return { answered: { ...rest, said, toolCalls } };
    const untold = answered.toolCalls.length - toolCalls.length;
    const kept = {
      ...{ ...rest, toolCalls, text: said.text.join(''), reasoning: said.reasoning.join('') },
      ...metadataFor(answered, toolCalls),
      ...(untold > 0 && { untold }),
      ...(this.rounds.length === 0 && this.found !== undefined && { found: this.found }),
    };
    return { kept: await journal.keep(key, kept) };
  }

  private keyOf(round: number): string {
    return `model:${this.step.key}:${round}`;
  }

  /** Runs the calls that are not left to the client. */
  private async carryOut(said: KeptAnswer) {
    const { finishReason, usage, toolCalls, metadata } = said;
    const attached = metadata === undefined ? {} : { metadata };
    const end = { finishReason, usage, citations: [], toolCalls: [...toolCalls], ...attached };
    const asked = this.askedIn(said);
    const requested = asked.map(({ call, tool }) => toldOfCall(call, tool, 'requested'));
    await this.means.tell({ type: 'message_end', step: this.step.id, ...end, requested });
    return this.means.calls.run(asked);
  }

  /** The calls that are not left to the client, each with its tool, or with why it is not made. */
  private askedIn(said: KeptAnswer): readonly AskedCall[] {
    const left = this.leftToClient(said);
    const own = said.toolCalls.filter((call) => !left.includes(call));
    return own.map((call, index) => {
      const refusal = refusalFor(call, index, index === own.length - 1 ? said.untold : undefined);
      const tool = this.tools.find(({ definition }) => definition.name === call.name);
      return { call, tool, ...(refusal !== undefined && { refusal }) };
    });
  }

  private leftToClient({ toolCalls }: KeptAnswer): ToolCall[] {
    return toolCalls.filter((call) => this.clients.some(({ name }) => name === call.name));
  }

  /** What the model is shown of a round: its calls, and what came of each. */
  private spoken(said: KeptAnswer, answered: readonly AnsweredCall[]): HistoryMessage[] {
    const { text, toolCalls, reasoning, metadata } = said;
    const names = new Map(toolCalls.map(({ id, name }) => [id, name]));
    return [
      {
        role: 'assistant',
        content: text,
        toolCalls: readableCalls(toolCalls),
        ...(reasoning !== '' && { reasoning }),
        ...(metadata && { metadata }),
      },
      ...answered.map((one): HistoryMessage => ({
        role: 'tool',
        toolCallId: one.callId,
        content: quotedResult(names.get(one.callId) ?? '', this.means.calls.shown(one)),
        ...(one.images !== undefined && { images: one.images }),
      })),
    ];
  }
}

function definitionFor({ definition: { name, description, parameters } }: Tool): ToolDefinition {
  return { name, description, parameters };
}

/** What the servers of the tools say of them, each once. */
function serversOf(tools: readonly Tool[]): ServerInstructions[] {
  const said = new Map(
    tools.flatMap(({ definition: { server } }) =>
      server?.instructions === undefined ? [] : [[server.name, server.instructions]],
    ),
  );
  return [...said].map(([name, instructions]) => ({ name, instructions }));
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
