/** What a model is asked for. */
export type AttemptCause =
  | { readonly type: 'turn'; readonly threadId: string; readonly turnId: string }
  | { readonly type: 'job'; readonly jobId: string }
  /** A request that leaves no thread behind; its id is a UUID, and that of its answer. */
  | { readonly type: 'stateless'; readonly requestId: string };
