/** Why a model is asked. */
export type AttemptCause =
  | { readonly type: 'turn'; readonly threadId: string; readonly turnId: string }
  | { readonly type: 'job'; readonly jobId: string }
  /** A request without a thread; its id is a UUID, and also the id of its answer. */
  | { readonly type: 'stateless'; readonly requestId: string };
