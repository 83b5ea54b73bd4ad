import { Injectable } from '@nestjs/common';
import { addUsage, type Caller, type Sink, type StepEvent, type Usage } from '../../kernel/index.js';
import { AskModel, type Answered, type Question } from '../../llm/index.js';
import { answerInWords } from './answer-in-words.js';
import { NO_JOURNAL } from './journal.js';
import { OfferTools, type OfferedTool } from './offer-tools.js';
import { PrepareRounds } from './prepare-rounds.js';

/** A question of a client that keeps the conversation itself. */
export interface ClientQuestion {
  readonly caller: Caller;
  readonly turnId: string;
  readonly question: Omit<Question, 'tools'>;
  readonly tools: readonly OfferedTool[];
}

/** The last answer of the rounds, with what all of them cost. It calls tools when those are the client's to call. */
export interface RoundsAnswer {
  readonly answered: Answered;
  /** What was said in the rounds before it, each with its calls. */
  readonly before: readonly string[];
  readonly usage: Usage;
  /** How often a model was asked. */
  readonly iterations: number;
}

/** What is answered has one step. */
const ANSWER = { key: 'answer', id: 'answer' } as const;

/** Answers without a thread: the model may call tools, round by round, and nothing is kept but what it cost. */
@Injectable()
export class AnswerWithTools {
  constructor(
    private readonly models: AskModel,
    private readonly offer: OfferTools,
    private readonly rounds: PrepareRounds,
  ) {}

  /**
   * Tells each part of the answers and what becomes of each call. Throws as {@link OfferTools.to} and as asking a model
   * does.
   */
  async answer(
    { caller, turnId, question, tools }: ClientQuestion,
    signal: AbortSignal,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    const offered = await this.offer.to(caller, tools);
    const { own, clients } = question.toolChoice === 'none' ? NOTHING : offered;
    if (own.length + clients.length === 0) {
      const { toolChoice: _choice, parallelToolCalls: _parallel, ...rest } = question;
      return onlyAnswer(await answerInWords({ models: this.models, signal, tell }, rest));
    }
    const rounds = this.rounds.prepare(
      { context: { caller, turnId }, step: ANSWER, tools: own, clients, journal: NO_JOURNAL },
      { tell, signal, callIds: new Set(callIdsIn(question.messages)) },
    );
    const end = await rounds.ask(question);
    if (end.waitsFor !== undefined) throw new Error('a call waits for somebody where nobody is asked');
    const { answered, asked: iterations } = end;
    const usage = end.rounds.reduce((sum, round) => addUsage(sum, round.usage), answered.usage);
    return { answered, before: end.rounds.map(({ text }) => text), usage, iterations };
  }
}

const NOTHING = { own: [], clients: [] } as const;

/** An answer that needed no rounds. */
export function onlyAnswer(answered: Answered): RoundsAnswer {
  return { answered, before: [], usage: answered.usage, iterations: 1 };
}

/** Names of calls that the client knows already. */
function callIdsIn(messages: Question['messages']): string[] {
  return messages.flatMap((message) =>
    message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [],
  );
}
