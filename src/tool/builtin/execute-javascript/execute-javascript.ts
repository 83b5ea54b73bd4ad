import { userKey } from '../../../kernel/index.js';
import type { OutputPart, ToolOutput } from '../../core/tool-output.js';
import type { Tool, ToolContext, ToolDefinition, ToolProgress } from '../../ports/tool.js';
import { MAX_CONSOLE_CHARS, MAX_VALUE_CHARS, type ProgramEnd } from './program.js';
import { Sandbox, SandboxBusyError, type ProgramOutcome, type SandboxOptions } from './sandbox.js';

const MAX_CODE_CHARS = 100_000;
const RUN_MS = 5_000;
const MAX_WAIT_MS = 10_000;
/** For the end of a worker, and for the words around a result. */
const SPARE_MS = 1_000;
const SPARE_CHARS = 1_000;

const DEFAULTS: SandboxOptions = {
  runMs: RUN_MS,
  workers: 2,
  maxWaiting: 100,
  maxWaitingPerOwner: 10,
  maxWaitMs: MAX_WAIT_MS,
  worker: new URL('./sandbox-worker.js', import.meta.url),
};

const DESCRIPTION =
  `Runs a JavaScript program and returns what it wrote to the console, and the value of its last expression.
Use it to calculate and to transform data. It is the plain language (ES2023) with \`console\` and \`await\` at the top level. There
is no network, no file system, no import or require, no timers, no DOM, and nothing of Node.js. A program has ${RUN_MS / 1_000} seconds
and 128 MB, and nothing that it defines is there for the next one.`.replaceAll('\n', ' ');

/** The tool that runs a model's program in a sandbox. */
export class ExecuteJavascript implements Tool {
  readonly definition: ToolDefinition;
  private readonly sandbox: Sandbox;

  constructor(options: Partial<SandboxOptions> = {}) {
    const complete = { ...DEFAULTS, ...options };
    this.sandbox = new Sandbox(complete);
    const totalMs = complete.maxWaitMs + complete.runMs + SPARE_MS;
    this.definition = {
      name: 'execute_javascript',
      title: 'Run JavaScript',
      description: DESCRIPTION,
      parameters: {
        type: 'object',
        properties: {
          code: { type: 'string', maxLength: MAX_CODE_CHARS, description: 'the program' },
        },
        required: ['code'],
        additionalProperties: false,
      },
      annotations: { readOnly: true, idempotent: true, destructive: false, openWorld: false },
      approval: 'never',
      limits: {
        idleMs: totalMs,
        totalMs,
        maxResultChars: MAX_CONSOLE_CHARS + MAX_VALUE_CHARS + SPARE_CHARS,
      },
    };
  }

  /** The workers that are there now. */
  get liveWorkers(): number {
    return this.sandbox.liveWorkers;
  }

  async *call(
    args: Readonly<Record<string, unknown>>,
    { caller }: ToolContext,
    signal: AbortSignal,
  ): AsyncGenerator<ToolProgress, ToolOutput, undefined> {
    signal.throwIfAborted();
    try {
      return outputOf(await this.sandbox.run(userKey(caller), args['code'] as string, signal));
    } catch (error) {
      if (!(error instanceof SandboxBusyError)) throw error;
      return { ok: false, parts: [text('Too many programs are running at the moment. Try again later.')] };
    }
  }
}

function outputOf({ end, console, isConsoleCut }: ProgramOutcome): ToolOutput {
  const lines = isConsoleCut ? `${console}\n[the rest of the console is left out]` : console;
  const last = textOf(end);
  return {
    ok: end.kind === 'value',
    parts: lines === '' ? [text(last)] : [text(lines), text(last)],
  };
}

function textOf(end: ProgramEnd): string {
  switch (end.kind) {
    case 'value':
    case 'error':
      return end.text.slice(0, MAX_VALUE_CHARS);
    case 'never-settles':
      return 'The program waits for a promise that nothing settles: there are no timers and no events.';
    case 'out-of-time':
      return 'The program took too long and was stopped.';
    case 'out-of-memory':
      return 'The program needed more memory than it may have and was stopped.';
    case 'broke-engine':
      return 'The program broke the engine that ran it, and was stopped: it may have gone too deep, or too far.';
  }
}

function text(content: string): OutputPart {
  return { type: 'text', text: content.toWellFormed().replaceAll('\0', '\u{FFFD}') };
}
