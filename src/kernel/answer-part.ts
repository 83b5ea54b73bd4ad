import type { ErrorCode } from './app-error.js';

/** The next piece of a tool call's arguments. The first of a call has no text where its name, which is whole, came alone. */
export interface ToolPiece {
  readonly type: 'tool_piece';
  /** The call's place among the answer's calls, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** A piece of what a model says: the same object from the reader of its provider's bytes to the writer of a turn's log. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | ToolPiece;

/**
 * What is heard while a question is answered: who is about to answer it, a piece of the answer, or that what was said so
 * far counts no more because another attempt follows. `reason` is a word of the catalogue of errors.
 */
export type AnswerPart =
  | { readonly type: 'attempt'; readonly provider: string; readonly model: string }
  | Piece
  | { readonly type: 'reset'; readonly reason: ErrorCode };
