import type { Caller } from '../../kernel/index.js';

/** A version of a workflow that an organisation has defined, as it was published. */
export interface StoredDefinition {
  readonly name: string;
  readonly version: number;
  readonly definition: unknown;
}

/** How many names an organisation may define, and how many versions of one. */
export const MAX_DEFINED_NAMES = 200;
export const MAX_VERSIONS = 1_000;

/** What has become of a version that was to be deleted. `live`: a run has not come to its end. */
export type Removal = 'removed' | 'missing' | 'live';

/** Injection token of the {@link DefinitionStore}. */
export const DEFINITION_STORE = Symbol('DefinitionStore');

/** The workflows that organisations have defined. */
export interface DefinitionStore {
  /** The version, also where it was deleted; the newest of those that were not when none is named. */
  find(org: string, name: string, version?: number): Promise<StoredDefinition | undefined>;
  /** The newest version of each name, in the order of the names. */
  list(org: string): Promise<readonly StoredDefinition[]>;
  /**
   * Publishes a version that comes after all that there were of the name, and after `above`; answers its number, or that the
   * organisation has defined as much as it may. Two at once have numbers of their own.
   */
  publish(caller: Caller, name: string, above: number, definition: unknown): Promise<number | 'full'>;
  /** Deletes a version, so that nothing new is run by it. */
  remove(org: string, name: string, version: number): Promise<Removal>;
}
