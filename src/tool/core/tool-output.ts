import type { ResultPart } from '../../kernel/index.js';

/** What a call came to. `ok: false`: the tool says in its parts why it could not, in words that a model can act on. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly parts: readonly ResultPart[];
  readonly structured?: unknown;
}
