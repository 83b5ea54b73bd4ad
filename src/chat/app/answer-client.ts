import { Injectable } from '@nestjs/common';
import type { Caller, Sink, StepEvent } from '../../kernel/index.js';
import { StatelessTurns, type StatelessTurn } from '../../turn/index.js';
import {
  AnswerFromWeb,
  AnswerWithTools,
  MakePlan,
  type ClientQuestion,
  type PlanQuestion,
  type RoundsAnswer,
  type WebQuestion,
} from '../../workflow/index.js';

type Asked<Question> = Omit<Question, 'context'>;
type Context = ClientQuestion['question']['context'];

/** A conversation that its client keeps, as a question. */
export interface Conversation extends Pick<ClientQuestion, 'tools'> {
  readonly question: Asked<ClientQuestion['question']>;
}

/** Answers clients that keep their conversations themselves. Nothing is stored but what it cost. */
@Injectable()
export class AnswerClient {
  constructor(
    private readonly turns: StatelessTurns,
    private readonly rounds: AnswerWithTools,
    private readonly web: AnswerFromWeb,
    private readonly plans: MakePlan,
  ) {}

  /** Throws `PROVIDER_NOT_CONFIGURED` when the server cannot search the web. */
  checkSearch(): void {
    this.web.check();
  }

  /** The answer to the newest message, after all rounds in which the model called tools of the server. */
  converse(
    caller: Caller,
    { question, tools }: Conversation,
    signal: AbortSignal,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    return this.turns.run(caller, (turn) => this.converseIn(turn, caller, { question, tools }, tell), signal);
  }

  /** The same in a turn that the caller has begun. */
  converseIn(
    turn: StatelessTurn,
    caller: Caller,
    { question, tools }: Conversation,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    const asked = {
      caller,
      turnId: turn.id,
      question: { ...question, context: contextOf(caller, turn) },
      tools,
    };
    return this.rounds.answer(asked, turn.signal, tell);
  }

  /** What the web says, in a model's words. */
  search(
    caller: Caller,
    asked: Asked<WebQuestion>,
    signal: AbortSignal,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    return this.run(caller, signal, (context, turn) =>
      this.web.answer({ ...asked, context }, turn.signal, tell),
    );
  }

  /** How something is to be done. */
  plan(
    caller: Caller,
    asked: Asked<PlanQuestion>,
    signal: AbortSignal,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    return this.run(caller, signal, (context, turn) =>
      this.plans.plan({ ...asked, context }, turn.signal, tell),
    );
  }

  private run(
    caller: Caller,
    signal: AbortSignal,
    work: (context: Context, turn: StatelessTurn) => Promise<RoundsAnswer>,
  ): Promise<RoundsAnswer> {
    return this.turns.run(caller, (turn) => work(contextOf(caller, turn), turn), signal);
  }
}

function contextOf(caller: Caller, { id: requestId }: StatelessTurn): Context {
  return { caller, cause: { type: 'stateless', requestId } };
}
