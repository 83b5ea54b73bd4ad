import type { ToolOutput } from '../../core/tool-output.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress } from '../../ports/tool.js';
import { isTooDeep } from '../../../platform/json-schema/index.js';
import type { Failure } from './call-failure.js';
import type { DefinedTool } from './definitions.js';
import { LatestProgress } from './latest-progress.js';
import { outputOf } from './result-output.js';
import { ServerAway, type ServerSession } from './server-session.js';

const MAX_MESSAGE = 200;

/** A tool of an MCP server, called for the person whose session it is. */
export class McpTool implements Tool {
  readonly definition: ToolDefinition;

  constructor(
    private readonly session: ServerSession,
    private readonly defined: DefinedTool,
  ) {
    this.definition = defined.definition;
  }

  async *call(
    args: Readonly<Record<string, unknown>>,
    _context: ToolContext,
    signal: AbortSignal,
  ): AsyncGenerator<ToolProgress, ToolOutput, undefined> {
    signal.throwIfAborted();
    if (isTooDeep(args)) return failed('The arguments have too many levels. Nothing was called.');
    const progress = new LatestProgress();
    const outcome = this.outcome(args, progress, signal).finally(() => progress.end());
    outcome.catch(() => undefined);
    yield* progress.read();
    return outcome;
  }

  private async outcome(
    args: Readonly<Record<string, unknown>>,
    progress: LatestProgress,
    signal: AbortSignal,
  ): Promise<ToolOutput> {
    const { foreign, definition } = this.defined;
    const { idleMs, totalMs } = definition.limits;
    const onProgress = ({ progress: done, total, message }: ToolProgress) =>
      progress.put({
        progress: Number.isFinite(done) ? done : 0,
        ...(Number.isFinite(total) && { total }),
        ...(typeof message === 'string' && { message: shortened(message) }),
      });
    try {
      // The caller's clocks end it; the package's own are behind them.
      const bounds = { idleMs: idleMs + BEHIND_MS, totalMs: totalMs + BEHIND_MS };
      const result = await this.session.call({ tool: foreign, args, onProgress, ...bounds }, signal);
      return outputOf(foreign, result);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ServerAway) return failed(wordsOf(this.session.target.name, error.failure));
      throw error;
    }
  }
}

const BEHIND_MS = 5_000;

function wordsOf(server: string, { kind, reason }: Failure): string {
  switch (kind) {
    case 'unauthorized':
      return `The MCP server ${server} did not make the call: it asks for a credential of the user's, which the user has to enter.`;
    case 'refused':
      return `The MCP server ${server} did not make the call. ${reason}`;
    case 'gone':
    case 'unreached':
      return `The MCP server ${server} cannot be reached. Nothing was called. ${reason}`;
    case 'unknown':
      return (
        `Whether the MCP server ${server} has carried out this call is unknown. ${reason} It was not repeated. ` +
        'Tell the user, and do not call it again by yourself.'
      );
  }
}

function shortened(message: string): string {
  return message
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, MAX_MESSAGE)
    .toWellFormed();
}

function failed(words: string): ToolOutput {
  return { ok: false, parts: [{ type: 'text', text: words }] };
}
