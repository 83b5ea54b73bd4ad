import type { z } from 'zod';
import type { StepEvent, ToolCallTold } from '../../kernel/index.js';
import type { executedTool } from './response-schemas.js';

/** A call of a tool of the server, as its client is told of it. */
export type ExecutedTool = z.output<typeof executedTool>;

/** Collects the calls that the server makes for an answer, in the order in which they were requested. */
export class ExecutedTools {
  private readonly requested = new Map<string, ToolCallTold['data']>();
  private readonly results = new Map<string, { readonly output: string; readonly ok: boolean }>();

  /** Notes what the event says of calls. */
  take(event: StepEvent): void {
    if (event.type === 'message_end')
      for (const call of event.requested ?? []) this.requested.set(call.callId, call);
    if (event.type !== 'tool_result') return;
    const { callId, content: output, ok } = event.data;
    this.results.set(callId, { output, ok });
  }

  /** Those that have a result. */
  get list(): readonly ExecutedTool[] {
    const calls = [...this.requested.values()].flatMap(({ callId: id, name, arguments: json }) => {
      const result = this.results.get(id);
      return result === undefined
        ? []
        : [{ id, type: 'threadline' as const, name, arguments: json, ...result }];
    });
    return calls.map((call, index) => ({ index, ...call }));
  }
}
