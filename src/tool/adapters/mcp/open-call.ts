import { followSignal } from '../../../kernel/index.js';
import type { ToolProgress } from '../../ports/tool.js';

/** What a call has come to: its answer, or a question of the server's while it goes on. */
export type CallNews<Answer> =
  | { readonly answer: Answer; readonly asked?: undefined }
  | { readonly asked: Readonly<Record<string, unknown>> };

type Reply = Readonly<Record<string, unknown>>;

/** Ends a call whose question nobody has answered. */
export class NotAnswered extends Error {}

/**
 * A call in the older era, in which a server may ask over the open connection. While a person is asked, nobody need wait for the
 * call: it goes on where the connection is.
 */
export class OpenCall<Answer> {
  /** Is told how far the call is. */
  report: (progress: ToolProgress) => void = () => undefined;
  private readonly controller = new AbortController();
  private readonly answer: Promise<Answer>;
  private question: { readonly params: Reply; readonly reply: (reply: Reply) => void } | undefined;
  private wake: (() => void) | undefined;

  constructor(make: (signal: AbortSignal, call: OpenCall<Answer>) => Promise<Answer>) {
    this.answer = make(this.controller.signal, this);
    // Whoever waits for it hears of it.
    this.answer.catch(() => undefined);
  }

  /** Whether the server has asked something that is not answered. */
  get isAsking(): boolean {
    return this.question !== undefined;
  }

  /** The server asks; comes to what it is replied. */
  ask(params: Reply): Promise<Reply> {
    return new Promise((reply) => {
      this.question = { params, reply };
      this.wake?.();
    });
  }

  reply(reply: Reply): void {
    const { question } = this;
    this.question = undefined;
    question?.reply(reply);
  }

  /** The answer, or the question that comes before it. The signal stops the call; rejects with its reason. */
  async next(signal: AbortSignal): Promise<CallNews<Answer>> {
    const unfollow = followSignal(signal, this.controller);
    const asked = new Promise<void>((resolve) => (this.wake = resolve));
    try {
      if (this.question !== undefined) return { asked: this.question.params };
      const answer = await Promise.race([this.answer.then((value) => ({ value })), asked]);
      if (answer !== undefined) return { answer: answer.value };
      return { asked: this.question!.params };
    } finally {
      unfollow();
    }
  }

  /** Nobody will answer: the call ends. */
  abandon(): void {
    this.reply({ action: 'cancel' });
    this.controller.abort(new NotAnswered('nobody has answered in time'));
  }
}
