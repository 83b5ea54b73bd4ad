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
