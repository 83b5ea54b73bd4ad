import { followSignal } from '../../../kernel/index.js';
import type { ToolProgress } from '../../ports/tool.js';

type Json = Readonly<Record<string, unknown>>;

/** What a server asks its client over an open connection. */
export interface ServerRequest {
  readonly method: string;
  readonly params: Json;
}

/** What a server is replied, or why it gets nothing. */
export type Reply = { readonly result: Json } | { readonly refused: string };

/** What a call has come to: its answer, or a question of the server's while it goes on. */
export type CallNews<Answer> =
  { readonly answer: Answer; readonly asked?: undefined } | { readonly asked: ServerRequest };

/** Ends a call whose question nobody has answered. */
export class NotAnswered extends Error {}

/** Questions of one call that wait for each other. */
const MAX_WAITING = 10;

/**
 * A call in the older era, in which a server may ask over the open connection. While a person is asked, nobody need wait for the
 * call: it goes on where the connection is.
 */
export class OpenCall<Answer> {
  /** Is told how far the call is. */
  report: (progress: ToolProgress) => void = () => undefined;
  /** How often it has had a model asked. */
  sampled = 0;
  private readonly controller = new AbortController();
  private readonly answer: Promise<Answer>;
  /** The first one is asked; the others come after it. */
  private readonly questions: { readonly asked: ServerRequest; readonly reply: (reply: Reply) => void }[] =
    [];
  private wake: (() => void) | undefined;

  constructor(make: (signal: AbortSignal, call: OpenCall<Answer>) => Promise<Answer>) {
    this.answer = make(this.controller.signal, this);
    // Whoever waits for it hears of it.
    this.answer.catch(() => undefined);
  }

  /** Whether the server has asked something that is not answered. */
  get isAsking(): boolean {
    return this.questions.length > 0;
  }

  /** The server asks; comes to what it is replied. */
  ask(asked: ServerRequest): Promise<Reply> {
    if (this.questions.length >= MAX_WAITING)
      return Promise.resolve({ refused: 'Too many questions of this call are open.' });
    return new Promise((reply) => {
      this.questions.push({ asked, reply });
      this.wake?.();
    });
  }

  /** Replies to the question that is asked. */
  reply(reply: Reply): void {
    this.questions.shift()?.reply(reply);
  }

  /** The answer, or the question that comes before it. The signal stops the call; rejects with its reason. */
  async next(signal: AbortSignal): Promise<CallNews<Answer>> {
    const unfollow = followSignal(signal, this.controller);
    const asked = new Promise<void>((resolve) => (this.wake = resolve));
    try {
      if (this.questions[0] !== undefined) return { asked: this.questions[0].asked };
      const answer = await Promise.race([this.answer.then((value) => ({ value })), asked]);
      if (answer !== undefined) return { answer: answer.value };
      return { asked: this.questions[0]!.asked };
    } finally {
      unfollow();
    }
  }

  /** Nobody will answer: the call ends. */
  abandon(): void {
    while (this.isAsking) this.reply({ refused: 'Nobody has answered.' });
    this.controller.abort(new NotAnswered('nobody has answered in time'));
  }
}
