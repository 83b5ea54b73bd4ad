import type { StepInput } from '../../src/workflow/app/workflow-engine.js';
import { newTurnWriter } from './turn-writer.js';
import { inputOf, type workflowProcesses } from './workflow-processes.js';

type Step = Readonly<Record<string, unknown>>;
type Processes = ReturnType<typeof workflowProcesses>;
type Execution = Awaited<ReturnType<Processes['execute']>>;

/** Steps of small workflows: what is not said of them does not matter. */
export const chat = (id: string, more: object = {}): Step => ({
  id,
  title: id,
  instructions: `Do ${id}.`,
  ...more,
});
export const generate = (id: string, more: object = {}): Step => ({ ...chat(id, more), kind: 'generate' });
export const review = (id: string, more: object = {}): Step => ({
  ...{ id, title: id, kind: 'human', prompt: `Is ${id} right?`, expiresInSeconds: 60 },
  ...{ schema: { type: 'object', properties: { ok: { type: 'boolean' } } }, ...more },
});

let count = 0;

/** Makes turns of workflows with the steps that they are given, the first of which is run first. */
export function smallWorkflows(on: Processes) {
  return {
    turnOf: async (steps: readonly Step[], content = 'Hi', more: object = {}): Promise<StepInput> => {
      const name = `workflow-${(count += 1)}`;
      on.define(1, { name, title: name, description: '', start: steps[0]!['id'], steps, ...more });
      return inputOf(await newTurnWriter(on.pool, await on.newThread(name)), name, 1, content);
    },
    /** The steps that were stored of a turn. */
    ranIn: async (turn: StepInput): Promise<string[]> => {
      const { rows } = await on.pool.query<{ step: string; status: string }>(
        'SELECT step, status FROM workflow_run_steps WHERE turn_id = $1 ORDER BY steps_before',
        [turn.turnId],
      );
      return rows.map(({ step, status }) => `${step} ${status}`);
    },
  };
}

/** What a turn waits for. */
export const inputsOf = ({ result }: Execution) => {
  if (result === undefined || !('waitsFor' in result)) throw new Error('the turn does not wait');
  return result.waitsFor;
};
