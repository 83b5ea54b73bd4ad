import type { GrowingCall } from './growing-call.js';
import type { ToolDelta } from './tool-delta.js';

/** What is known of a piece besides what it says. */
export interface PieceContext {
  /** Both it and the call have ids, and they differ. */
  readonly isOther: boolean;
  /** The same delta has spoken of the call before. */
  readonly isSameDelta: boolean;
  /** The tools that were offered. */
  readonly tools: ReadonlySet<string>;
}

/**
 * Whether a piece opens another call than the latest of its number. Servers number every call 0, or none; give each piece
 * a new id; say the name in pieces, or with every piece. So only a name can open one, and then whatever tells: an id, a
 * name that is another tool's, arguments that were whole already. `doubtful`: what comes next will tell.
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
    // The same again under no other id is a repetition, unless one delta says it twice.
    return isOther || isSameDelta || text !== current.text ? 'yes' : 'no';
  }
  return isOther && text === '' && !current.hasArguments ? 'doubtful' : 'no';
}

/** Whether a name is a tool's, and no further piece of one. */
function isAnotherTool(name: string, { name: said }: ToolDelta, tools: ReadonlySet<string>): boolean {
  if (said.startsWith(name) && tools.has(said)) return false;
  return tools.has(name) && tools.has(said) && !tools.has(name + said);
}
