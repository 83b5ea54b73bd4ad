import { ModelError } from '../core/model-error.js';
import type { ModelChoice, ResolvedModel } from './model-directory.js';

/** What a walk has to know of the models on its route. */
interface Ground {
  /** Tokens of question and answer that a model takes together; `undefined` where that is not known. */
  readonly windowOf: (target: ResolvedModel) => number | undefined;
  /** Why a model is not to be asked now; `undefined` where it may be. */
  readonly refusal: (provider: string, model: string) => ModelError | undefined;
  readonly failover: (from: string, to: string) => void;
}

/** The way of one question along its route: who is asked next, and why nobody has answered so far. */
export class RouteWalk {
  private position = 0;
  private reason: unknown;
  private former: string | undefined;
  /** The largest window that was too small for the question, in tokens: 0 for an unknown one, absent while none was. */
  private tooSmall: number | undefined;

  constructor(
    private readonly route: readonly ResolvedModel[],
    private readonly choice: ModelChoice,
    private readonly ground: Ground,
  ) {}

  /** The error of the last attempt; before the first one, why a model was passed by. */
  get failure(): unknown {
    return this.reason;
  }

  /** Whether anybody is left who may be asked. */
  get goesOn(): boolean {
    return this.route.slice(this.position).some((target) => this.mayHold(target) && !this.refusal(target));
  }

  /** The next one to ask. */
  next(): ResolvedModel | undefined {
    while (this.position < this.route.length) {
      const target = this.route[this.position]!;
      this.position += 1;
      if (!this.mayHold(target)) continue;
      const refusal = this.refusal(target);
      this.reason ??= refusal;
      const { former } = this;
      this.former = target.languageModel.provider;
      if (refusal !== undefined) continue;
      if (former !== undefined) this.ground.failover(former, this.former);
      return target;
    }
    return undefined;
  }

  /** The one asked last has failed. Throws the error where another one could do no better. */
  failed(target: ResolvedModel, error: unknown): void {
    if (isTooLong(error)) this.tooSmall = Math.max(this.tooSmall ?? 0, this.ground.windowOf(target) ?? 0);
    else if (!this.goesElsewhere(error)) throw error;
    this.reason = error;
  }

  /** Of two windows that nobody knows none is the larger. */
  private mayHold(target: ResolvedModel): boolean {
    return this.tooSmall === undefined || (this.ground.windowOf(target) ?? 0) > this.tooSmall;
  }

  private refusal({ languageModel, model }: ResolvedModel): ModelError | undefined {
    return this.ground.refusal(languageModel.provider, model);
  }

  /** A model that is not there is the request's fault only where the request has named it. */
  private goesElsewhere(error: unknown): boolean {
    if (!(error instanceof ModelError)) return false;
    const isNamed = this.position === 1 && (this.choice.model?.trim() ?? '') !== '';
    if (error.code === 'UNKNOWN_MODEL') return !isNamed;
    return error.fault !== 'request' && error.fault !== 'refusal';
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof ModelError && error.code === 'CONTEXT_TOO_LONG';
}
