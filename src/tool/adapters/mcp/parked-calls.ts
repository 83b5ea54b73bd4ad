import { randomUUID } from 'node:crypto';
import type { OpenCall } from './open-call.js';

/** Calls that are open, and wait for a person whom the server has asked. */
export class ParkedCalls<Answer> {
  private readonly calls = new Map<
    string,
    { readonly call: OpenCall<Answer>; readonly timer: NodeJS.Timeout }
  >();

  /** Keeps a call for whoever brings the answer to its question, for so many milliseconds; comes to its name. */
  park(call: OpenCall<Answer>, forMs: number): string {
    const id = randomUUID();
    const timer = setTimeout(() => this.take(id)?.abandon(), forMs).unref();
    this.calls.set(id, { call, timer });
    return id;
  }

  /** The call of that name, if it is still there; nobody else has it then. */
  take(id: string): OpenCall<Answer> | undefined {
    const found = this.calls.get(id);
    this.calls.delete(id);
    clearTimeout(found?.timer);
    return found?.call;
  }

  /** Nobody will answer any of them. */
  abandonAll(): void {
    for (const id of [...this.calls.keys()]) this.take(id)?.abandon();
  }
}
