/**
 * A part of what a tool returns, whole: whoever keeps the result decides what of it is served by reference. `data` is
 * Base64. The shapes are those of MCP's content blocks, so that a server's results need no more than their names changed.
 */
export type OutputPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mediaType: string }
  | { readonly type: 'audio'; readonly data: string; readonly mediaType: string }
  | ResourcePart
  | ResourceLink;

/** A file that a tool returns: its text, or its bytes where it is not one. */
export type ResourcePart = {
  readonly type: 'resource';
  readonly uri: string;
  readonly mediaType?: string;
} & ({ readonly text: string } | { readonly data: string });

/** A file that a tool names and does not return. */
export interface ResourceLink {
  readonly type: 'resource_link';
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mediaType?: string;
  /** Bytes, as far as the tool says. */
  readonly size?: number;
}

/** What a call came to. `ok: false`: the tool says in its parts why it could not, in words that a model can act on. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly parts: readonly OutputPart[];
  /** The result as data (MCP's `structuredContent`); what the model reads of it has to be in the parts. */
  readonly structured?: unknown;
}

/** What a person has to be asked before a call goes on. */
export interface ToolQuestion {
  /** The tool's name for it, among those that it asks at once. */
  readonly key: string;
  readonly kind: 'elicitation' | 'sampling';
  readonly prompt: string;
  /** What an answer has to fit; `null`: it is agreed to or not. */
  readonly schema: Readonly<Record<string, unknown>> | null;
  readonly mode?: 'form' | 'url' | undefined;
  /** What the person is to open, of a question by address. */
  readonly url?: string | undefined;
  /** The process that alone can go on with the call; any may where it is absent. */
  readonly heldBy?: string | undefined;
  /** How long the question stands, in milliseconds. */
  readonly answerMs: number;
}

/** A call that goes on when people have answered: it is then made again with the state that it has left. */
export interface ToolSuspension {
  readonly asks: readonly ToolQuestion[];
  /** The tool's own, and sealed: it is stored with the turn. */
  readonly state: string;
}
