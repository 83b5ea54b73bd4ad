import type { GrowingCall } from './growing-call.js';
import type { ToolDelta } from './tool-delta.js';

/** What is known of a piece besides its content. */
export interface PieceContext {
  /** Both it and the call have ids, and they differ. */
  readonly isOther: boolean;
  /** The same delta already had a piece of the call. */
  readonly isSameDelta: boolean;
  /** The tools that were offered. */
  readonly tools: ReadonlySet<string>;
}

/**
 * Whether a piece begins another call than the latest one with its number. Servers number every call 0, or none; give
 * each piece a new id; send the name in pieces, or with every piece. So only a piece with a name can begin a call, and
 * then one of these decides: an id, the name of another tool, or arguments that were complete already. `doubtful`: the
 * next piece decides.
 */
export function opensAnother(
  current: GrowingCall,
  delta: ToolDelta,
  { isOther, isSameDelta, tools }: PieceContext,
): 'yes' | 'no' | 'doubtful' {
  if (delta.name === '' || current.name === '') return 'no';
  if (delta.name !== current.name) {
    const isFurther =
      isOther || isSameDelta || current.hasArguments || isAnotherTool(current.name, delta, tools);
    return isFurther ? 'yes' : 'no';
  }
  if (isSameDelta && isOther) return 'yes';
  const text = delta.text.trim();
  if (current.isWhole()) {
    if (text === '') return isOther ? 'doubtful' : 'no';
    // A repetition with the same id belongs to the same call, unless it is in the same delta.
    return isOther || isSameDelta || text !== current.text ? 'yes' : 'no';
  }
  return isOther && text === '' && !current.hasArguments ? 'doubtful' : 'no';
}

/** Whether a name is that of another tool, rather than a further piece of the same name. */
function isAnotherTool(name: string, { name: said }: ToolDelta, tools: ReadonlySet<string>): boolean {
  if (said.startsWith(name) && tools.has(said)) return false;
  return tools.has(name) && tools.has(said) && !tools.has(name + said);
}
