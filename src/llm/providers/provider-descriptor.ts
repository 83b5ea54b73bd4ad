import type { Config } from '../../platform/config/index.js';
import type { ModelFacts } from '../core/model-facts.js';
import type { LanguageModel } from '../ports/language-model.js';

/** How to reach a provider, and what its operator says about it. Times are in milliseconds. */
export interface EndpointSettings {
  /** Its name, as requests say it; that of the provider that is built in when absent. */
  readonly name?: string | undefined;
  readonly apiKey: string | undefined;
  /** The base of its paths; the vendor's own when absent. */
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly defaultModel?: string | undefined;
  /** What the operator knows of models; it counts more than what is built in. */
  readonly models?: readonly ModelFacts[] | undefined;
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs?: number | undefined;
}

/** Makes what asks a provider. Loads the vendor's library, which is large, not before that. */
export type LoadModel = (settings: EndpointSettings, config: Config) => Promise<LanguageModel>;

/** A provider that is built in. */
export interface ProviderDescriptor {
  /** Its key and its address in the environment: it is configured when it has one, here or in the operator's file. */
  readonly reach: (config: Config) => {
    readonly apiKey?: string | undefined;
    readonly url?: string | undefined;
  };
  readonly load: LoadModel;
}
