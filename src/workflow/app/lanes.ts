import type { ActiveStep } from '../core/run-state.js';

interface Lane {
  readonly controller: AbortController;
  readonly active: ActiveStep;
  readonly ended: Promise<void>;
}

/** Why a step is aborted that is not to be run any more. */
export const LEFT = new Error('left');

/** Runs steps side by side. */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();
  private readonly begun = new Set<string>();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly signal: AbortSignal,
    /** Runs a step to its end, or until it waits; what it throws ends all of them. */
    private readonly step: (active: ActiveStep, signal: AbortSignal) => Promise<void>,
  ) {}

  /**
   * Runs the steps that are to be run, each once, and those that are added meanwhile. One that is not to be run any more is
   * aborted. Ends when none runs; throws what the first of them has thrown.
   */
  async run(steps: () => readonly ActiveStep[]): Promise<void> {
    this.start(steps());
    while (this.lanes.size > 0) {
      await Promise.race([...this.lanes.values()].map(({ ended }) => ended));
      if (this.failure === undefined) this.start(steps());
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  private start(steps: readonly ActiveStep[]): void {
    const wanted = new Set(steps.map(keyOf));
    for (const [key, { controller }] of this.lanes) if (!wanted.has(key)) controller.abort(LEFT);
    for (const active of steps) {
      const key = keyOf(active);
      if (this.begun.has(key)) continue;
      this.begun.add(key);
      const controller = new AbortController();
      const ended = this.step(active, AbortSignal.any([this.signal, controller.signal]))
        .catch((error: unknown) => this.fail(error))
        .finally(() => this.lanes.delete(key));
      this.lanes.set(key, { controller, active, ended });
    }
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    for (const { controller } of this.lanes.values()) controller.abort(error);
  }
}

function keyOf({ at, since }: ActiveStep): string {
  return `${since} ${at}`;
}
