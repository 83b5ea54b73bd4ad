/**
 * What a provider has attached to its model's calls and wants back with them, in its own form: signed reasoning, signatures
 * of calls. It is stored with the message that calls, shown to nobody, and sent to no other provider and no other model.
 */
export interface ProviderMetadata {
  readonly provider: string;
  readonly model: string;
  /** The reasoning before the calls, block by block. */
  readonly reasoning?: readonly object[];
  /** What belongs to single calls, by their ids. */
  readonly calls?: Readonly<Record<string, CallMetadata>>;
}

/** What a provider wants back with one call. */
export interface CallMetadata {
  /** The provider's own id of the call, where ours is another one: some servers put a signature into it. */
  readonly id?: string;
  /** Fields of the call in the provider's wire. */
  readonly fields?: Readonly<Record<string, unknown>>;
}
