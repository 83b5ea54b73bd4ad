/** A part of a result. `data` is Base64. */
export type ToolPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly data: string; readonly mediaType: string }
  | { readonly type: 'audio'; readonly data: string; readonly mediaType: string }
  | { readonly type: 'resource'; readonly uri: string; readonly text: string; readonly mediaType?: string }
  | {
      readonly type: 'resource_link';
      readonly uri: string;
      readonly name: string;
      readonly mediaType?: string;
    };

/** What a call came to. `ok: false`: the tool says in its parts why it could not, in words that a model can act on. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly parts: readonly ToolPart[];
  readonly structured?: unknown;
}
