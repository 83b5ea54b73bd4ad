import { ModelError } from '../core/model-error.js';
import type { ModelChoice, ResolvedModel } from './model-directory.js';

/** What a walk needs to know of the models on its route. */
interface RouteContext {
  /** The model's context window in tokens; `undefined` if it is unknown. */
  readonly windowOf: (target: ResolvedModel) => number | undefined;
  /** Why a model must not be asked now; `undefined` if it may be. */
  readonly refusal: (provider: string, model: string) => ModelError | undefined;
  readonly failover: (from: string, to: string) => void;
}

/** The walk of one question along its route: which model is next, and why none has answered so far. */
export class RouteWalk {
  private position = 0;
  private reason: unknown;
  private former: string | undefined;
  /**
   * The largest window that was too small for the question, in tokens: 0 for an unknown one, absent while there was
   * none.
   */
  private tooSmall: number | undefined;

  constructor(
    private readonly route: readonly ResolvedModel[],
    private readonly choice: ModelChoice,
    private readonly context: RouteContext,
  ) {}

  /** The error of the last attempt; before the first one, why a model was skipped. */
  get failure(): unknown {
    return this.reason;
  }

  /** Whether the route has another model that may be asked. */
  get hasNext(): boolean {
    return this.route.slice(this.position).some((target) => this.mayFit(target) && !this.refusal(target));
  }

  /** The next model to ask. */
  next(): ResolvedModel | undefined {
    while (this.position < this.route.length) {
      const target = this.route[this.position]!;
      this.position += 1;
      if (!this.mayFit(target)) continue;
      const refusal = this.refusal(target);
      this.reason ??= refusal;
      const { former } = this;
      this.former = target.languageModel.provider;
      if (refusal !== undefined) continue;
      if (former !== undefined) this.context.failover(former, this.former);
      return target;
    }
    return undefined;
  }

  /** The model asked last has failed. Throws the error if failover would not help. */
  failed(target: ResolvedModel, error: unknown): void {
    if (isTooLong(error)) this.tooSmall = Math.max(this.tooSmall ?? 0, this.context.windowOf(target) ?? 0);
    else if (!this.allowsFailover(error)) throw error;
    this.reason = error;
  }

  /** An unknown window does not count as larger than another unknown one. */
  private mayFit(target: ResolvedModel): boolean {
    return this.tooSmall === undefined || (this.context.windowOf(target) ?? 0) > this.tooSmall;
  }

  private refusal({ languageModel, model }: ResolvedModel): ModelError | undefined {
    return this.context.refusal(languageModel.provider, model);
  }

  /** An unknown model is the request's fault only if the request has named it. */
  private allowsFailover(error: unknown): boolean {
    if (!(error instanceof ModelError)) return false;
    const isNamed = this.position === 1 && (this.choice.model?.trim() ?? '') !== '';
    if (error.code === 'UNKNOWN_MODEL') return !isNamed;
    return error.fault !== 'request' && error.fault !== 'refusal';
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof ModelError && error.code === 'CONTEXT_TOO_LONG';
}
