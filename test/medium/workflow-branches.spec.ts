import { LeaseLostError } from '../../src/kernel/index.js';
import type { JournalWriter } from '../../src/workflow/ports/run-journal.js';
import { newTurnWriter, takeOver } from '../support/turn-writer.js';
import {
  caller,
  inputOf,
  resolved,
  story,
  waitOf,
  workflowProcesses,
} from '../support/workflow-processes.js';

const on = workflowProcesses();
const { newThread, execute, again, end, runs, store } = on;

describe('a branch', () => {
  /** Guided intake of three messages, each a turn that follows the one before. */
  async function threeTurns() {
    const threadId = await newThread('guided-intake');
    const turns: string[] = [];
    for (const content of ['one', 'two', 'three']) {
      const writer = await newTurnWriter(on.pool, threadId, { parent: turns.at(-1) });
      await end(writer.turnId, await execute(inputOf(writer, 'guided-intake', 1, content)));
      turns.push(writer.turnId);
    }
    return { threadId, turns };
  }

  const follow = async (threadId: string, parent: string | undefined, branch: number, content = 'other') => {
    const turn = inputOf(
      await newTurnWriter(on.pool, threadId, { parent, branch }),
      'guided-intake',
      1,
      content,
    );
    const execution = await execute(turn);
    await end(turn.turnId, execution);
    return { turn, ...execution };
  };

  it('begins where the turn that it follows has left the workflow, and leaves the others where they are', async () => {
    const { threadId, turns } = await threeTurns();
    const second = await follow(threadId, turns[0], 1);
    expect(story(second.events)).toEqual(['step_started clarify 1', 'Answer 4']);
    const third = await follow(threadId, second.turn.turnId, 1);
    expect(story(third.events)).toEqual(['step_started summarise 2', 'Answer 5']);
    const beside = await follow(threadId, turns[0], 2);
    expect(story(beside.events)).toEqual(['step_started clarify 1', 'Answer 6']);
    expect(await runs(threadId)).toEqual([
      { branch: 0, step: 'summarise', status: 'completed', steps_done: 3 },
      { branch: 1, step: 'summarise', status: 'completed', steps_done: 3 },
      { branch: 2, step: 'summarise', status: 'waiting', steps_done: 2 },
    ]);
  });

  it('begins anew from the beginning, and behind the end of a run', async () => {
    const { threadId, turns } = await threeTurns();
    const fresh = ['started ask 0', 'step_started ask 0'];
    expect(story((await follow(threadId, undefined, 1)).events).slice(0, 2)).toEqual(fresh);
    expect(story((await follow(threadId, turns[2], 2)).events).slice(0, 2)).toEqual(fresh);
    expect(await store().ofThread(caller, threadId)).toMatchObject({ run: { step: 'summarise' } });
    await on.pool.query('UPDATE threads SET head_branch = 2 WHERE id = $1', [threadId]);
    expect(await store().ofThread(caller, threadId)).toMatchObject({
      run: { step: 'clarify', stepsDone: 1 },
    });
  });

  it('begins behind what a former release has answered, which left no more than its step', async () => {
    const { threadId, turns } = await threeTurns();
    const { rows } = await on.pool.query<{ id: string }>(
      'SELECT id FROM workflow_runs WHERE thread_id = $1',
      [threadId],
    );
    await on.pool.query('UPDATE turns SET workflow_state = NULL, workflow_run_id = $2 WHERE thread_id = $1', [
      threadId,
      rows[0]!.id,
    ]);
    await on.pool.query(
      `INSERT INTO messages (id, thread_id, turn_id, position, branch, role, content, status, step)
       SELECT assistant_message_id, thread_id, id, 2, 0, 'assistant', '', 'complete', 'ask' FROM turns WHERE id = $1`,
      [turns[0]],
    );
    expect(story((await follow(threadId, turns[0], 1)).events)[0]).toBe('step_started clarify 1');
  });

  it('has what people had entered by then, and nothing that they entered later', async () => {
    const threadId = await newThread('guided-intake', 2);
    const turns: JournalWriter[] = [];
    const next = async (parent: string | undefined, branch = 0) => {
      const turn = inputOf(await newTurnWriter(on.pool, threadId, { parent, branch }), 'guided-intake', 2);
      const execution = await execute(turn);
      turns.push(turn);
      if (execution.result !== undefined && !('waitsFor' in execution.result))
        await end(turn.turnId, execution);
      return { turn, ...execution };
    };
    await next(undefined);
    await next(turns[0]!.turnId);
    const reviewed = await next(turns[1]!.turnId);
    const answer = resolved(waitOf(reviewed), 'accepted', { approved: true });
    await end(reviewed.turn.turnId, await again(reviewed.turn, [answer]));
    const beside = await next(turns[1]!.turnId, 1);
    expect(JSON.stringify(on.asked.at(-1))).not.toContain('approved');
    const declined = resolved(waitOf(beside), 'expired');
    await again(beside.turn, [declined]);
    expect(JSON.stringify(on.asked.at(-1))).not.toContain('approved');
  });

  it('is begun once, also by a turn whose process died when it had begun it', async () => {
    const { threadId, turns } = await threeTurns();
    for (const [branch, survived] of [1, 2, 3].entries()) {
      const writer = await newTurnWriter(on.pool, threadId, { parent: turns[0], branch: branch + 1 });
      const turn = inputOf(writer, 'guided-intake', 1);
      expect((await execute(turn, survived)).result).toBeUndefined();
      expect(story((await again(turn)).events)[0]).toBe('step_started clarify 1');
    }
    expect((await runs(threadId)).map(({ branch }) => branch)).toEqual([0, 1, 2, 3]);
  });

  it('is begun by nobody who has lost the turn', async () => {
    const { threadId, turns } = await threeTurns();
    const writer = await newTurnWriter(on.pool, threadId, { parent: turns[0], branch: 1 });
    await takeOver(on.pool, writer);
    await expect(execute(inputOf(writer, 'guided-intake', 1))).rejects.toBeInstanceOf(LeaseLostError);
    expect(await runs(threadId)).toHaveLength(1);
  });
});
