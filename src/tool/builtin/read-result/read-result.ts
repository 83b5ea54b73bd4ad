import { boundaryBefore, characters } from '../../../kernel/index.js';
import type { ToolOutput } from '../../core/tool-output.js';
import type { StoredResults } from '../../ports/stored-results.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress } from '../../ports/tool.js';

/** Characters that may be asked for, and UTF-16 code units that are given: of characters outside of the first plane half as many. */
const MAX_CHARS = 12_000;

interface Arguments {
  readonly callId: string;
  readonly offset?: number;
  readonly length?: number;
}

/** Reads on in a result that was too long to be shown as a whole. */
export class ReadResult implements Tool {
  readonly definition: ToolDefinition = {
    name: 'read_result',
    title: 'Read a result',
    description:
      'Reads a part of the result of an earlier tool call in this conversation. Use it when a result says that characters of it are left out.',
    parameters: {
      type: 'object',
      properties: {
        callId: { type: 'string', minLength: 1, maxLength: 200, description: 'The id of the call.' },
        offset: {
          type: 'integer',
          minimum: 0,
          maximum: 100_000_000,
          description: 'The first character, from 0.',
        },
        length: { type: 'integer', minimum: 1, maximum: MAX_CHARS, description: `At most ${MAX_CHARS}.` },
      },
      required: ['callId'],
      additionalProperties: false,
    },
    annotations: { readOnly: true, idempotent: true, destructive: false, openWorld: false },
    approval: 'never',
    limits: { idleMs: 10_000, totalMs: 10_000, maxResultChars: MAX_CHARS + 200 },
  };

  constructor(private readonly results: Pick<StoredResults, 'read'>) {}

  async *call(
    args: Readonly<Record<string, unknown>>,
    { caller, threadId }: ToolContext,
    signal: AbortSignal,
  ): AsyncGenerator<ToolProgress, ToolOutput, undefined> {
    signal.throwIfAborted();
    const { callId, offset = 0, length = MAX_CHARS } = args as unknown as Arguments;
    const part =
      threadId === undefined ? undefined : await this.results.read(caller, threadId, callId, offset, length);
    signal.throwIfAborted();
    if (part === undefined) return refused('There is no result of a call with this id in the conversation.');
    if (offset >= part.length) return refused(`The result has ${part.length} characters only.`);
    const content = part.content.slice(0, boundaryBefore(part.content, MAX_CHARS));
    const end = offset + characters(content);
    const rest = end < part.length ? `\n\n[Characters ${offset} to ${end} of ${part.length}.]` : '';
    return { ok: true, parts: [{ type: 'text', text: content.toWellFormed() + rest }] };
  }
}

function refused(text: string): ToolOutput {
  return { ok: false, parts: [{ type: 'text', text }] };
}
