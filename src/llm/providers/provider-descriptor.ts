import type { Config } from '../../platform/config/index.js';
import type { ModelFacts } from '../core/model-facts.js';
import type { LanguageModel } from '../ports/language-model.js';

/** How to reach a provider, and its operator's settings. Times are in milliseconds. */
export interface EndpointSettings {
  /** The provider's name in requests; that of the built-in provider when absent. */
  readonly name?: string | undefined;
  readonly apiKey: string | undefined;
  /** The base URL; the vendor's own when absent. */
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly defaultModel?: string | undefined;
  /** The operator's facts about models; they override the built-in ones. */
  readonly models?: readonly ModelFacts[] | undefined;
  readonly connectTimeoutMs: number;
  readonly firstTokenTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAliveTimeoutMs?: number | undefined;
}

/** Creates a provider's client. The vendor's library, which is large, is loaded only then. */
export type LoadModel = (settings: EndpointSettings, config: Config) => Promise<LanguageModel>;

/** A built-in provider. */
export interface ProviderDescriptor {
  /** Its key and address in the environment: it is configured if it has either, there or in the operator's file. */
  readonly reach: (config: Config) => {
    readonly apiKey?: string | undefined;
    readonly url?: string | undefined;
  };
  readonly load: LoadModel;
}
