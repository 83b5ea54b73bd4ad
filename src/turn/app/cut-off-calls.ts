import type { FoldedTurn, ToolResult } from '../../kernel/index.js';

/** What is known of a turn whose end cuts calls off. */
export interface CutOff {
  readonly turn: Pick<FoldedTurn, 'toolCalls' | 'openInputs'>;
  /** The calls that may be made twice without harm, or change nothing. */
  readonly harmless: ReadonlySet<string>;
  /** A process that died may have begun calls that it could not tell of. */
  readonly mayLackCalls: boolean;
  /** Somebody has stopped the turn; otherwise it failed, or its server stopped. */
  readonly isStopped: boolean;
}

/**
 * The results of the calls that have none when their turn ends, in words for people and for a model: whether the call was begun,
 * and whether anybody knows what came of it.
 */
export function cutOffCalls(cutOff: CutOff): readonly ToolResult[] {
  const { toolCalls, openInputs } = cutOff.turn;
  const unasked = new Set([...openInputs.values()].map(({ callId }) => callId));
  return [...toolCalls].flatMap(([callId, { call, result }]) => {
    if (call === undefined || result !== undefined) return [];
    const mayHaveBegun = call.status === 'executing' || (cutOff.mayLackCalls && !unasked.has(callId));
    const content = mayHaveBegun ? begun(callId, cutOff) : NOT_BEGUN;
    return [{ type: 'tool_result', data: { callId, name: call.name, ok: false, content, durationMs: 0 } }];
  });
}

function begun(callId: string, { harmless, isStopped }: CutOff): string {
  if (!isStopped) return UNKNOWN;
  return harmless.has(callId) ? CANCELLED : CANCELLED_UNKNOWN;
}

const NOT_BEGUN = 'This call was cancelled before it began.';
const CANCELLED = 'This call was cancelled.';
const CANCELLED_UNKNOWN = 'This call was cancelled. Whether it took effect is unknown.';
const UNKNOWN = 'This call was cut off. Whether it was carried out is unknown.';
