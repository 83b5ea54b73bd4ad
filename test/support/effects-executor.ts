import { setTimeout as sleep } from 'node:timers/promises';
import type { Sink, StepEvent, StepResult } from '../../src/kernel/index.js';
import type { ExecutedTurn, TurnExecutor } from '../../src/turn/index.js';
import type { Journal, Once } from '../../src/workflow/app/journal.js';

export interface Effect {
  readonly key: string;
  readonly repeatable: boolean;
}

/** What each turn does, one after the other. */
export const EFFECTS: readonly Effect[] = [
  ...[1, 2, 3].map((place) => ({ key: `effect:${place}`, repeatable: false })),
  { key: 'effect:repeatable', repeatable: true },
  ...[4, 5].map((place) => ({ key: `effect:${place}`, repeatable: false })),
];

/** The environment variable with the address of what has the effects. */
export const EFFECTS_URL = 'EFFECTS_URL';

/** What a turn says of an effect. */
export function wordsOn(key: string, came: Once<unknown>): string {
  return `${key}: ${came.outcome === 'done' ? `done ${String(came.result)}` : 'unknown'}\n`;
}

const MOST_MS = 40;
const pause = () => sleep(Math.random() * MOST_MS);

/** Has effects elsewhere through the journal, and says what came of each. */
export class EffectsExecutor implements TurnExecutor {
  constructor(
    private readonly journalOf: (turn: ExecutedTurn) => Journal,
    private readonly url: string,
  ) {}

  completedStep(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async execute(turn: ExecutedTurn, signal: AbortSignal, tell: Sink<StepEvent>): Promise<StepResult> {
    const journal = this.journalOf(turn);
    for (const { key, repeatable } of EFFECTS) {
      await pause();
      signal.throwIfAborted();
      const came = await journal.once(key, () => this.effect(turn.turnId, key), { repeatable });
      await tell({ type: 'text', text: wordsOn(key, came) });
    }
    return {
      ...{ finishReason: 'stop', citations: [], toolCalls: [], closing: [] },
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      workflow: { workflow: 'effects', runId: turn.turnId, step: 'effects', status: 'completed' },
    };
  }

  private async effect(turnId: string, key: string): Promise<number> {
    await pause();
    const response = await fetch(`${this.url}/${turnId}/${encodeURIComponent(key)}`, { method: 'POST' });
    const { number } = (await response.json()) as { readonly number: number };
    await pause();
    return number;
  }
}
