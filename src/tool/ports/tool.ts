import type { Caller } from '../../kernel/index.js';
import type { InputOutcome } from '../../kernel/index.js';
import type { ToolOutput, ToolSuspension } from '../core/tool-output.js';

/** What a tool does to the world, as far as its author says so; a host may trust its own tools only. */
export interface ToolAnnotations {
  /** It changes nothing. */
  readonly readOnly: boolean;
  /** Calling it twice with the same arguments does no more than calling it once. */
  readonly idempotent: boolean;
  /** It may overwrite or delete something. */
  readonly destructive: boolean;
  /** It reaches systems that are not the operator's, whose data are not to be trusted. */
  readonly openWorld: boolean;
}

/** Whether a person is asked before a call: never, each time, or unless the answer was remembered. */
export type ApprovalPolicy = 'never' | 'always' | 'ask';

/** The bounds of a call. Progress begins the idle time anew, and never the total. */
export interface ToolLimits {
  readonly idleMs: number;
  readonly totalMs: number;
  /** UTF-16 code units of a result that are kept; what a model is given of it is less. */
  readonly maxResultChars: number;
}

/** The MCP server that a tool is of. */
export interface ToolServer {
  readonly name: string;
  /** Tells it from every other server that has had the name. */
  readonly identity: string;
  /** The operator believes what it says that its tools do; of all others it is told and counts for nothing. */
  readonly isTrusted: boolean;
  /** What the server has to say of all its tools, in its own words. */
  readonly instructions?: string | undefined;
}

/** What a model and a person are told of a tool. */
export interface ToolDefinition {
  /** At most 64 characters of `[A-Za-z0-9_-]`, once among all tools. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** A JSON Schema (2020-12) of an object: what the arguments have to fit. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly annotations: ToolAnnotations;
  readonly approval: ApprovalPolicy;
  readonly limits: ToolLimits;
  /** Absent where the tool is the server's own. */
  readonly server?: ToolServer | undefined;
}

/** On whose behalf and in which turn a tool is called. */
export interface ToolContext {
  readonly caller: Caller;
  readonly turnId: string;
  /** Absent where a message is answered without a thread. */
  readonly threadId?: string | undefined;
  /** The model's name for the call: once in its turn. */
  readonly callId: string;
  /** The step of its workflow. */
  readonly step?: string | undefined;
  /** Which model the turn wants to be answered by; the server's own choice when absent. */
  readonly choice?:
    { readonly provider?: string | undefined; readonly model?: string | undefined } | undefined;
  /** What people have answered, where the call has asked before. */
  readonly resumed?: ToolResumption | undefined;
}

/** What a call is given that goes on. */
export interface ToolResumption extends ToolSuspension {
  /** By the keys of the questions. */
  readonly answers: Readonly<Record<string, { readonly outcome: InputOutcome; readonly content: unknown }>>;
}

/** How far a call has come; told to watchers at most once a second. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/**
 * Something that a model may call. The arguments fit the parameters when it is called, and the person, if one had to be
 * asked, has agreed.
 */
export interface Tool {
  readonly definition: ToolDefinition;
  /**
   * Yields its progress and returns what came of it. What goes wrong with the request is an output with `ok: false`; it
   * throws the signal's reason when that aborts, within 500 ms and with everything closed that it held, and otherwise only
   * for faults of the server. Texts that it returns name no addresses, keys or paths of this server. Where it has a thread, it
   * may have to ask a person first: it then returns what it asks, and is called again with the answers, in whatever process.
   */
  call(
    args: Readonly<Record<string, unknown>>,
    context: ToolContext,
    signal: AbortSignal,
  ): AsyncGenerator<ToolProgress, ToolOutput | ToolSuspension, undefined>;
}

/** Injection token of the tools that the server itself has: `readonly Tool[]`. */
export const BUILTIN_TOOLS = Symbol('BuiltinTools');
