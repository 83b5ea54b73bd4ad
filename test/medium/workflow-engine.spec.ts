import type pg from 'pg';
import { giveAll, newId, type AnswerPart, type Sink, type StepEvent } from '../../src/kernel/index.js';
import type { AskModel } from '../../src/llm/index.js';
import { Database, type Sql } from '../../src/platform/database/index.js';
import { pinnedThread } from '../../src/thread/adapters/thread-sql.js';
import { PostgresWorkflowRunStore } from '../../src/workflow/adapters/postgres-workflow-run-store.js';
import type { StepInput, WorkflowEngine } from '../../src/workflow/app/workflow-engine.js';
import { describeThreadWorkflowSql } from '../contracts/thread-workflow-sql.contract.js';
import { describeWorkflowRunStore } from '../contracts/workflow-run-store.contract.js';
import { newUser } from '../support/callers.js';
import { engineOn } from '../support/engine.js';
import { RUNNING } from '../support/foreign-sql.js';
import { withSharedPool } from '../support/pools.js';
import { newTurnWriter, takeOver } from '../support/turn-writer.js';

const caller = newUser('stepper');

/** Counts what it is asked; it can go away for a while, or answer nobody although it did what it was told. */
class Unsteady extends Database {
  failures = 0;
  isMute = false;

  override async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    const isAdvance = statement.name === 'workflow_run_store.advance';
    if (isAdvance && this.isMute) await super.query(statement, values);
    if (isAdvance && this.failures > 0) {
      this.failures -= 1;
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    }
    return super.query<Row>(statement, values);
  }
}

let pool: pg.Pool;
let database: Unsteady;
let asked: string[];
let lost: unknown[];
let engine: WorkflowEngine;
let store: PostgresWorkflowRunStore;

withSharedPool((opened) => (pool = opened));
beforeEach(() => {
  database = new Unsteady(pool);
  asked = [];
  lost = [];
  const models = {
    // Says something, takes it back, and says who it is in answer to which message.
    async ask(
      { messages }: { messages: readonly { content: string }[] },
      _signal: AbortSignal,
      sink: Sink<AnswerPart>,
    ) {
      const content = messages.at(-1)!.content;
      asked.push(content);
      const pieces = ['Answer ', 'to ', content, ' “é\u2028\\"”'];
      await giveAll(sink, [
        { type: 'attempt', provider: 'flaky', model: 'one' },
        { type: 'text', text: 'Never mind' },
        { type: 'reset', reason: 'PROVIDER_ERROR' },
        { type: 'attempt', provider: 'steady', model: 'two' },
        ...pieces.map((text) => ({ type: 'text', text }) as const),
      ]);
      const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
      const said = { text: pieces, reasoning: [] };
      return { provider: 'steady', model: 'two', finishReason: 'stop', usage, toolCalls: [], said };
    },
  } as unknown as AskModel;
  const attempts = { ofTurn: (...told: unknown[]) => Promise.resolve(void lost.push(told)) };
  store = new PostgresWorkflowRunStore(database, pinnedThread, RUNNING);
  engine = engineOn(store, models, attempts);
});

async function newThread(workflow: string, owner = caller, version = 1): Promise<string> {
  const id = newId();
  await pool.query(
    `WITH thread AS (INSERT INTO threads (id, org_id, user_id, workflow, workflow_version) VALUES ($1, $2, $3, $4, $5))
     SELECT`,
    [id, owner.org, owner.id, workflow, version],
  );
  return id;
}

/** A turn as the store has it that the engine is to run. */
async function newTurn(threadId: string, workflow: string, content: string): Promise<StepInput> {
  const turnId = newId();
  await pool.query(
    `INSERT INTO turns (id, thread_id, status, request, user_message_id, assistant_message_id, first_seq)
     VALUES ($1, $2, 'completed', '{}', $3, $4, 1)`,
    [turnId, threadId, newId(), newId()],
  );
  return { caller, threadId, turnId, epoch: 1, workflow, version: 1, content, history: [] };
}

async function run(input: StepInput, signal = new AbortController().signal) {
  const events: StepEvent[] = [];
  const outcome = await engine.execute(input, signal, (event) => void events.push(event));
  if ('waitsFor' in outcome) throw new Error('the turn waits');
  return { events, outcome };
}

/** Reads on until the first text and no further, as a process that is killed there. */
async function runUntilText(input: StepInput): Promise<StepEvent[]> {
  const events: StepEvent[] = [];
  const { promise: killed, resolve } = Promise.withResolvers<void>();
  const executing = engine.execute(input, new AbortController().signal, (event) => {
    events.push(event);
    if (event.type !== 'text') return undefined;
    resolve();
    return new Promise<void>(() => undefined);
  });
  await Promise.race([killed, executing]);
  return events;
}

const textOf = (events: readonly StepEvent[]) =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

const statuses = (events: readonly StepEvent[]) =>
  events.flatMap((event) =>
    event.type === 'workflow_status' ? [`${event.data.status} ${event.data.step}`] : [],
  );

async function runs(threadId: string) {
  const { rows } = await pool.query<{ step: string; status: string; steps_done: number }>(
    'SELECT step, status, steps_done FROM workflow_runs WHERE thread_id = $1 ORDER BY id',
    [threadId],
  );
  return rows;
}

describeWorkflowRunStore('Postgres', () => ({
  store,
  newThread: (owner) => newThread('guided-intake', owner),
  newWriter: (threadId, place) => newTurnWriter(pool, threadId, place),
  takeOver: (writer) => takeOver(pool, writer),
  end: async (turnId, state) =>
    void (await pool.query('UPDATE turns SET workflow_state = $2 WHERE id = $1', [
      turnId,
      JSON.stringify(state),
    ])),
  show: async (threadId, branch) =>
    void (await pool.query('UPDATE threads SET head_branch = $2 WHERE id = $1', [threadId, branch])),
}));

describeThreadWorkflowSql('the room of threads', () => ({
  sql: pinnedThread,
  query: async (text, values) => (await pool.query<object>(text, [...values])).rows,
  newThread: (owner) => newThread('guided-intake', owner, 3),
}));

describe('a turn whose process dies after its step was completed', () => {
  it('has the step’s result for whoever takes it over, and the next turn runs the next step', async () => {
    const threadId = await newThread('guided-intake');
    const first = await newTurn(threadId, 'guided-intake', 'one');
    const { outcome } = await run(first);
    expect(await engine.recover(first.turnId, 'Answer to')).toMatchObject({
      content: 'Answer to one “é\u2028\\"”',
      provider: 'steady',
      model: 'two',
      step: 'ask',
      outcome,
    });
    expect(lost).toEqual([[first.turnId, 'Answer to']]);
    expect(await runs(threadId)).toEqual([{ step: 'clarify', status: 'waiting', steps_done: 1 }]);

    const second = await run(await newTurn(threadId, 'guided-intake', 'two'));
    expect(statuses(second.events)).toEqual(['step_started clarify']);
    const last = await newTurn(threadId, 'guided-intake', 'three');
    await run(last);
    expect((await engine.recover(last.turnId, ''))?.outcome.workflow).toMatchObject({
      step: 'summarise',
      status: 'completed',
    });
    expect(await runs(threadId)).toEqual([{ step: 'summarise', status: 'completed', steps_done: 3 }]);
    expect(asked).toEqual(['one', 'two', 'three']);
  });

  it('says the same again when it is run again, and moves nothing', async () => {
    const threadId = await newThread('guided-intake');
    for (const content of ['one', 'two', 'three']) {
      const turn = await newTurn(threadId, 'guided-intake', content);
      const first = await run(turn);
      const before = await runs(threadId);
      const again = await run(turn);
      expect(again.outcome).toEqual(first.outcome);
      expect(statuses(again.events)).toEqual(statuses(first.events));
      expect(again.events.map(({ type }) => type).slice(-3)).toEqual(['workflow_status', 'attempt', 'text']);
      expect(textOf(again.events)).toBe(`Answer to ${content} “é\u2028\\"”`);
      expect(await runs(threadId)).toEqual(before);
    }
    expect(asked).toEqual(['one', 'two', 'three']);
  });

  it('has the same result when it is taken over again', async () => {
    const threadId = await newThread('guided-intake');
    const turn = await newTurn(threadId, 'guided-intake', 'one');
    await run(turn);
    expect(await engine.recover(turn.turnId, '')).toEqual(await engine.recover(turn.turnId, ''));
  });
});

describe('a turn whose process dies before its step was completed', () => {
  it('has no result, and goes on in the run that it has begun', async () => {
    const threadId = await newThread('guided-intake');
    const turn = await newTurn(threadId, 'guided-intake', 'one');
    const before = await runUntilText(turn);
    expect(await engine.recover(turn.turnId, 'Never')).toBeUndefined();
    const { events } = await run(turn);
    expect(statuses(before)).toEqual(['started ask', 'step_started ask']);
    expect(statuses(events)).toEqual(['started ask', 'step_started ask']);
    expect(await runs(threadId)).toEqual([{ step: 'clarify', status: 'waiting', steps_done: 1 }]);
  });

  it('does not say that a run has started which an earlier turn began', async () => {
    const threadId = await newThread('guided-intake');
    await run(await newTurn(threadId, 'guided-intake', 'one'));
    const turn = await newTurn(threadId, 'guided-intake', 'two');
    await runUntilText(turn);
    expect(statuses((await run(turn)).events)).toEqual(['step_started clarify']);
    expect((await runs(threadId))[0]).toMatchObject({ step: 'summarise', steps_done: 2 });
  });

  it('keeps nothing of an open step, which is asked again', async () => {
    const threadId = await newThread('chat');
    const turn = await newTurn(threadId, 'chat', 'one');
    await run(turn);
    expect(await engine.recover(turn.turnId, '')).toBeUndefined();
    await run(turn);
    expect(await runs(threadId)).toEqual([{ step: 'reply', status: 'waiting', steps_done: 0 }]);
    const next = await run(await newTurn(threadId, 'chat', 'two'));
    expect(statuses(next.events)).toEqual(['step_started reply']);
  });
});

describe('storing a completed step', () => {
  it('moves the run and keeps the result once, although two processes complete the same turn', async () => {
    const threadId = await newThread('guided-intake');
    const writer = await newTurnWriter(pool, threadId);
    const turn = { caller, ...writer, workflow: 'guided-intake', version: 1, content: 'one', history: [] };
    await Promise.all([runUntilText(turn), runUntilText(turn)]);
    const outcomes = await Promise.all([run(turn), run(turn)]);
    expect(outcomes.map(({ outcome }) => outcome.workflow.step)).toEqual(['ask', 'ask']);
    expect(await runs(threadId)).toEqual([{ step: 'clarify', status: 'waiting', steps_done: 1 }]);
    const { rows } = await pool.query('SELECT step FROM workflow_step_results WHERE turn_id = $1', [
      turn.turnId,
    ]);
    expect(rows).toEqual([{ step: 'ask' }]);
  });

  it('does neither when the result cannot be kept', async () => {
    const threadId = await newThread('guided-intake');
    const turn = await newTurn(threadId, 'guided-intake', 'one');
    await expect(run({ ...turn, turnId: newId() })).rejects.toThrow(/foreign key/);
    expect(await runs(threadId)).toEqual([{ step: 'ask', status: 'waiting', steps_done: 0 }]);
  });

  it('waits for a database that is away, also when it did what it could not confirm', async () => {
    const threadId = await newThread('guided-intake');
    database.failures = 2;
    await run(await newTurn(threadId, 'guided-intake', 'one'));
    expect((await runs(threadId))[0]).toMatchObject({ step: 'clarify', steps_done: 1 });
    database.failures = 1;
    database.isMute = true;
    const turn = await newTurn(threadId, 'guided-intake', 'two');
    await run(turn);
    expect((await runs(threadId))[0]).toMatchObject({ step: 'summarise', steps_done: 2 });
    expect(await engine.recover(turn.turnId, '')).toMatchObject({ step: 'clarify' });
  });

  it('forgets results older than a day, and takes them along when their thread is deleted', async () => {
    const threadId = await newThread('guided-intake');
    const [first, second] = [
      await newTurn(threadId, 'guided-intake', 'one'),
      await newTurn(threadId, 'guided-intake', 'two'),
    ];
    await run(first);
    await pool.query(
      `UPDATE workflow_step_results SET created_at = now() - interval '25 hours' WHERE turn_id = $1`,
      [first.turnId],
    );
    await run(second);
    expect(await store.completedBy(first.turnId)).toBeUndefined();
    expect(await store.completedBy(second.turnId)).toBeDefined();
    await pool.query('DELETE FROM threads WHERE id = $1', [threadId]);
    expect(await store.completedBy(second.turnId)).toBeUndefined();
  });
});
