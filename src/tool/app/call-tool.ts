import { Injectable, Logger } from '@nestjs/common';
import { followSignal, LeaseLostError } from '../../kernel/index.js';
import { failedResult, type ToolCallResult } from '../core/tool-result.js';
import type { ToolOutput, ToolSuspension } from '../core/tool-output.js';
import type { CallWriter } from '../ports/stored-results.js';
import type { Tool, ToolContext, ToolProgress } from '../ports/tool.js';
import { startCallSpan } from './call-span.js';
import { KeepResult } from './keep-result.js';
import { ToolMetrics, type CallOutcome } from './tool-metrics.js';

/** The time between two reports of a call's progress, in milliseconds. */
const PROGRESS_EVERY_MS = 1_000;
/** How long a tool has to close what it holds once it is stopped. */
const CLOSE_MS = 500;

/** A call whose arguments fit, and to which whoever had to be asked has agreed. */
export interface PreparedCall {
  readonly tool: Tool;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: ToolContext;
  /** Who stores what of the result is served by reference; absent: nothing is stored. */
  readonly writer?: CallWriter | undefined;
}

/** Calls tools within their limits. */
@Injectable()
export class CallTool {
  private readonly logger = new Logger(CallTool.name);

  constructor(
    private readonly metrics: ToolMetrics,
    private readonly keepResult: KeepResult,
  ) {}

  /**
   * What came of the call: also one that failed or took too long is a result. Progress is told once a second at most.
   * Throws the signal's reason when that aborts, half a second later at most, whatever the tool does; a result that comes
   * within that time all the same is one. Throws a `LeaseLostError` where the writer's turn has passed to another process.
   */
  async call(
    { tool, args, context, writer }: PreparedCall,
    signal: AbortSignal,
    tell: (progress: ToolProgress) => void = () => undefined,
  ): Promise<ToolCallResult> {
    signal.throwIfAborted();
    const started = performance.now();
    const limits = new CallLimits(tool, signal);
    const elapsed = () => Math.round(performance.now() - started);
    const span = startCallSpan(tool, args, context);
    let outcome: CallOutcome = 'failed';
    let result: ToolCallResult | undefined;
    try {
      const work = span.within(() => this.outputOf({ tool, args, context }, limits, tell));
      const output = await limits.within(work);
      if ('asks' in output) {
        outcome = 'asked';
        return (result = { ok: true, content: '', durationMs: elapsed(), suspended: output });
      }
      outcome = output.ok ? 'ok' : 'refused';
      const { maxResultChars: maxChars } = tool.definition.limits;
      const kept = { callId: context.callId, writer, maxChars };
      return (result = await this.keepResult.keep(output, kept, elapsed()));
    } catch (error) {
      if (signal.aborted) outcome = 'stopped';
      signal.throwIfAborted();
      if (error instanceof LeaseLostError) throw error;
      if (error instanceof OutOfTime) {
        outcome = 'timeout';
        return failedResult(error.message, elapsed());
      }
      this.logger.error({ err: error, tool: tool.definition.name }, 'A tool broke.');
      return failedResult(`${tool.definition.name} failed for a reason of the server's.`, elapsed());
    } finally {
      limits.close();
      this.metrics.called(tool.definition, outcome, elapsed());
      span.end(outcome, result);
    }
  }

  private async outputOf(
    { tool, args, context }: PreparedCall,
    limits: CallLimits,
    tell: (progress: ToolProgress) => void,
  ): Promise<ToolOutput | ToolSuspension> {
    const call = tool.call(args, context, limits.signal);
    let toldAt = -Infinity;
    for (;;) {
      const next = await call.next();
      if (next.done === true) return next.value;
      if (limits.isOver) {
        await call.return(NOTHING);
        throw limits.signal.reason as Error;
      }
      limits.progressed();
      if (limits.signal.aborted || performance.now() - toldAt < PROGRESS_EVERY_MS) continue;
      toldAt = performance.now();
      tell(next.value);
    }
  }
}

/** Of a tool that still reports when nobody waits for it. */
const NOTHING: ToolOutput = { ok: false, parts: [] };

class OutOfTime extends Error {}

/** The time that a call has: in all, and without a sign of life. */
class CallLimits {
  /** What came of the call is decided. */
  isOver = false;
  private readonly controller = new AbortController();
  private readonly total: NodeJS.Timeout;
  private readonly idle: NodeJS.Timeout;
  private readonly unfollow: () => void;

  constructor({ definition: { name, limits } }: Tool, stopped: AbortSignal) {
    const end = (ms: number) =>
      this.controller.abort(new OutOfTime(`${name} was stopped: it took longer than ${ms / 1_000} seconds.`));
    this.total = setTimeout(() => end(limits.totalMs), limits.totalMs);
    this.idle = setTimeout(() => end(limits.idleMs), limits.idleMs);
    this.unfollow = followSignal(stopped, this.controller);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  progressed(): void {
    this.idle.refresh();
  }

  /** The work's result, or the reason of the signal: at once when the work ends, and soon after the signal otherwise. */
  async within<Result>(work: Promise<Result>): Promise<Result> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    let closing: NodeJS.Timeout | undefined;
    this.signal.addEventListener('abort', () => {
      closing = setTimeout(() => reject(this.signal.reason as Error), CLOSE_MS);
    });
    try {
      return await Promise.race([work, over]);
    } catch (error) {
      throw this.signal.aborted ? (this.signal.reason as Error) : error;
    } finally {
      clearTimeout(closing);
      // A tool that is left behind may still throw.
      work.catch(() => undefined);
    }
  }

  close(): void {
    this.isOver = true;
    clearTimeout(this.total);
    clearTimeout(this.idle);
    this.unfollow();
  }
}
