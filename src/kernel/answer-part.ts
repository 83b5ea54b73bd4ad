import type { ErrorCode } from './app-error.js';

/**
 * The next piece of a tool call's arguments. The first one has no text if the name, which is always whole, arrived
 * alone.
 */
export interface ToolPiece {
  readonly type: 'tool_piece';
  /** The call's index among the answer's calls, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** A piece of a model's output: the same object from the provider's reader to the turn's writer. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | ToolPiece;

/**
 * A part of an answer in progress: a new attempt, a piece of the answer, or a reset, which another attempt follows.
 * `reason` is a code of the error catalogue.
 */
export type AnswerPart =
  | { readonly type: 'attempt'; readonly provider: string; readonly model: string }
  | Piece
  | { readonly type: 'reset'; readonly reason: ErrorCode };
