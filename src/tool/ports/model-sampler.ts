import type { ToolContext } from './tool.js';

/** What a server wants a model to be asked, in the server's words. */
export interface SamplingRequest {
  readonly system?: string | undefined;
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly text: string }[];
  /** Tokens of the answer at most. */
  readonly maxTokens: number;
  /** 0 to 2; the provider's default when absent. */
  readonly temperature?: number | undefined;
  readonly stop?: readonly string[] | undefined;
}

/** What the model has answered. */
export interface SampledAnswer {
  readonly model: string;
  readonly text: string;
  /** Its answer is longer than it may be, and cut off. */
  readonly isCut: boolean;
}

/** Injection token of the {@link ModelSampler}. */
export const MODEL_SAMPLER = Symbol('ModelSampler');

/** Asks a model for a server that may have it asked, when the user has agreed. */
export interface ModelSampler {
  /**
   * The answer of the model that answers the turn of the call, which pays for it. `tell` is called for each piece. Throws an
   * `AppError` when there is none, and the signal's reason.
   */
  sample(
    request: SamplingRequest,
    context: ToolContext,
    signal: AbortSignal,
    tell: () => void,
  ): Promise<SampledAnswer>;
}
