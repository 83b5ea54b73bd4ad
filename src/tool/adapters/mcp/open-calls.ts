import { AsyncLocalStorage } from 'node:async_hooks';
import { OpenCall, type Reply, type ServerRequest } from './open-call.js';

/** The calls of one session that are under way, and which of them a server means that asks over the connection. */
export class OpenCalls<Answer> {
  /** The oldest first. */
  private readonly calls = new Set<OpenCall<Answer>>();
  /** What is read of the answer to a call is read in its context. */
  private readonly current = new AsyncLocalStorage<OpenCall<Answer>>();

  begin(make: (signal: AbortSignal, call: OpenCall<Answer>) => Promise<Answer>): OpenCall<Answer> {
    return new OpenCall(async (signal, call) => {
      this.calls.add(call);
      try {
        return await this.current.run(call, () => make(signal, call));
      } finally {
        this.calls.delete(call);
      }
    });
  }

  /** Does something that is no part of the call which happens to need it. */
  outside<Result>(work: () => Result): Result {
    return this.current.exit(work);
  }

  /**
   * Has a question asked with the call in whose answer it came. A question that came by itself, as those of programs do, says of no
   * call what it is about: it is asked with the oldest one that has none.
   */
  async ask(asked: ServerRequest): Promise<Reply> {
    const own = this.current.getStore();
    const all = [...this.calls];
    const call =
      own !== undefined && this.calls.has(own) ? own : (all.find(({ isAsking }) => !isAsking) ?? all[0]);
    return call === undefined ? { refused: 'No call is under way.' } : call.ask(asked);
  }
}
