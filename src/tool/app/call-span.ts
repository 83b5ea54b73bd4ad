import { activeTracing, openSpan, type OpenSpan } from '../../platform/telemetry/index.js';
import { textForModel, type ToolCallResult } from '../core/tool-result.js';
import type { Tool, ToolContext } from '../ports/tool.js';
import type { CallOutcome } from './tool-metrics.js';

/** The span of a call, which is the active one while the tool runs. */
export interface CallSpan extends Pick<OpenSpan, 'within'> {
  end(outcome: CallOutcome, result: ToolCallResult | undefined): void;
}

const FAILURES: readonly CallOutcome[] = ['failed', 'timeout'];

/**
 * Starts the span of a call as a child of the active span. It follows OpenTelemetry's semantic conventions for generative
 * AI, and has arguments and result only where the operator has enabled that.
 */
export function startCallSpan(
  { definition: { name } }: Tool,
  args: Readonly<Record<string, unknown>>,
  { callId, threadId, turnId }: ToolContext,
): CallSpan {
  const captures = activeTracing()?.capturesContent === true;
  const span = openSpan(`execute_tool ${name}`, {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.type': 'extension',
    'gen_ai.tool.call.id': callId,
    'threadline.turn.id': turnId,
    ...(threadId !== undefined && { 'gen_ai.conversation.id': threadId }),
    ...(captures && { 'gen_ai.tool.call.arguments': JSON.stringify(args) }),
  });
  return {
    within: (work) => span.within(work),
    end(outcome, result) {
      const said = captures && result !== undefined;
      const content = said ? { 'gen_ai.tool.call.result': textForModel(result.content, callId) } : {};
      const failure = FAILURES.includes(outcome) ? outcome : undefined;
      span.end({ 'threadline.tool.outcome': outcome, ...content }, failure);
    },
  };
}
