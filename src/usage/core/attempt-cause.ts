/** What a model is asked for, other than an answer to what was said. */
export type AttemptPurpose = 'summary' | 'planning' | 'sampling';

/** Where in what is answered a model is asked. */
export interface AskedFor {
  /** The step of the workflow. */
  readonly step?: string | undefined;
  /** Counted from 1: an answer and the calls of tools that it makes. Absent where it may call none. */
  readonly round?: number | undefined;
  readonly purpose?: AttemptPurpose | undefined;
}

/** Why a model is asked. */
export type AttemptCause =
  | ({ readonly type: 'turn'; readonly threadId: string; readonly turnId: string } & AskedFor)
  | { readonly type: 'job'; readonly jobId: string }
  /** A request without a thread; its id is a UUID, and also the id of its answer. */
  | ({ readonly type: 'stateless'; readonly requestId: string } & AskedFor);

/** The same cause, and more of it; a job has no more. */
export function narrowed(cause: AttemptCause, more: AskedFor): AttemptCause {
  return cause.type === 'job' ? cause : { ...cause, ...more };
}
