import { Injectable } from '@nestjs/common';
import { addUsage, type Caller, type Sink, type StepEvent, type Usage } from '../../kernel/index.js';
import { AskModel, type Answered, type Question, type ToolDefinition } from '../../llm/index.js';
import { ToolRegistry, type Tool } from '../../tool/index.js';
import { NO_JOURNAL } from './journal.js';
import { PrepareRounds } from './prepare-rounds.js';

/** A question of a client that keeps the conversation itself. */
export interface ClientQuestion {
  readonly caller: Caller;
  readonly turnId: string;
  readonly question: Omit<Question, 'tools'>;
  /** What the client knows as tools: those of the server run here, under the server's definition. */
  readonly tools: readonly ToolDefinition[];
}

/** The last answer of the rounds, with what all of them cost. It calls tools when those are the client's to call. */
export interface RoundsAnswer {
  readonly answered: Answered;
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
    private readonly registry: ToolRegistry,
    private readonly rounds: PrepareRounds,
  ) {}

  /**
   * Tells each part of the answers and what becomes of each call. Tools of the server that a person would have to agree
   * to are left out: nobody is asked here. Throws as asking a model does.
   */
  async answer(
    { caller, turnId, question, tools }: ClientQuestion,
    signal: AbortSignal,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    const { own, clients } = this.told(caller, question.toolChoice, tools);
    if (own.length + clients.length === 0) {
      const { toolChoice: _choice, parallelToolCalls: _parallel, ...rest } = question;
      const answered = await this.models.ask(rest, signal, tell);
      return { answered, usage: answered.usage, iterations: 1 };
    }
    const rounds = this.rounds.prepare(
      { context: { caller, turnId }, step: ANSWER, tools: own, clients, journal: NO_JOURNAL },
      { tell, signal, callIds: new Set(callIdsIn(question.messages)) },
    );
    const end = await rounds.ask(question);
    if (end.waitsFor !== undefined) throw new Error('a call waits for somebody where nobody is asked');
    const { answered } = end;
    const usage = end.rounds.reduce((sum, round) => addUsage(sum, round.usage), answered.usage);
    return { answered, usage, iterations: end.rounds.length + 1 };
  }

  /** Which of the named tools are the server's and which the client's own. */
  private told(
    caller: Caller,
    toolChoice: Question['toolChoice'],
    tools: readonly ToolDefinition[],
  ): { readonly own: readonly Tool[]; readonly clients: readonly ToolDefinition[] } {
    if (toolChoice === 'none') return { own: [], clients: [] };
    const found = tools.map((named) => ({ named, tool: this.registry.find(caller, named.name) }));
    return {
      own: found.flatMap(({ tool }) => (tool?.definition.approval === 'never' ? [tool] : [])),
      clients: found.flatMap(({ named, tool }) => (tool === undefined ? [named] : [])),
    };
  }
}

/** Names of calls that the client knows already. */
function callIdsIn(messages: Question['messages']): string[] {
  return messages.flatMap((message) =>
    message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [],
  );
}
