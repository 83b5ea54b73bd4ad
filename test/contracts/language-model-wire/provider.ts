import type { ErrorCode } from '../../../src/kernel/index.js';
import type { Fault } from '../../../src/llm/core/model-error.js';
import type { LanguageModel, ModelRequest } from '../../../src/llm/index.js';
import type { Behaviour } from '../../doubles/stand-in-behaviour.js';
import type { StandIn } from '../../doubles/stand-in-server.js';
import { type outcomeOf } from '../language-model.contract.js';

/** How long a provider is waited for, in milliseconds. */
export interface Patience {
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** 5 minutes when absent. */
  readonly keepAliveTimeoutMs?: number;
}

/** A name, what the provider does, the text that comes of it, and what has to stand in the finish. */
export type Answer = readonly [string, Partial<Behaviour>, string, object];

/** A name, what the provider does, the error that comes of it, whose fault it is, and the text before it. */
export type Failure = readonly [string, Partial<Behaviour>, ErrorCode, Fault, string];

/** What the suite needs of a provider: a stand-in for it, models that ask it, and what only its wire has. */
export interface ProviderOverSocket {
  readonly start: () => Promise<StandIn>;
  /** Its key, where it has one, is to contain "private". */
  readonly modelAt: (url: string, patience?: Partial<Patience>) => LanguageModel;
  readonly asking: (content: string) => ModelRequest;
  /** What is asked for an answer to be stopped, when it is not to be the usual model. */
  readonly askingLong?: (content: string) => ModelRequest;
  readonly answers?: readonly Answer[];
  readonly failures?: readonly Failure[];
}

/** Each way to keep its reader waiting, before its headers, after them and in its text. */
export const SILENCES = ['hang', 'hang_after_headers', 'stall'] as const;

/** A provider under test, and what comes of asking it. */
export interface Subject {
  readonly standIn: () => StandIn;
  readonly model: (patience?: Partial<Patience>) => LanguageModel;
  readonly hello: ModelRequest;
  readonly outcome: (
    behaviour: Partial<Behaviour>,
    patience?: Partial<Patience>,
  ) => ReturnType<typeof outcomeOf>;
}
