import type pg from 'pg';
import type {
  RequestedInput,
  ResolvedInput,
  AnswerPart,
  Sink,
  StepEvent,
  StepResult,
} from '../../src/kernel/index.js';
import type { AskModel } from '../../src/llm/index.js';
import { Database, type Sql } from '../../src/platform/database/index.js';
import { pinnedThread } from '../../src/thread/adapters/thread-sql.js';
import { PostgresWorkflowRunStore } from '../../src/workflow/adapters/postgres-workflow-run-store.js';
import type { Retriever } from '../../src/rag/index.js';
import type { StepTools } from '../../src/workflow/app/step-tools.js';
import type { StepInput } from '../../src/workflow/app/workflow-engine.js';
import type { StoredDefinition } from '../../src/workflow/ports/definition-store.js';
import type { JournalWriter } from '../../src/workflow/ports/run-journal.js';
import { newUser } from './callers.js';
import { engineOn } from './engine.js';
import { RUNNING } from './foreign-sql.js';
import { tellThread } from './logged-turns.js';
import { withSharedPool } from './pools.js';
import { takeOver } from './turn-writer.js';

/** Whose threads they are. */
export const caller = newUser('stepper');

class ProcessDied extends Error {}

/** Dies after so many statements. */
export class Mortal extends Database {
  left = Infinity;

  override async query<Row>(statement: Sql, values: readonly unknown[] = []): Promise<Row[]> {
    // A type that says that trying again is in vain.
    if (this.left-- <= 0) throw Object.assign(new TypeError('died'), { cause: new ProcessDied() });
    return super.query<Row>(statement, values);
  }
}

interface Asked {
  readonly context?: { readonly cause: { readonly step?: string } };
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

interface Execution {
  readonly events: readonly StepEvent[];
  /** Absent: the process died. */
  readonly result?: StepResult;
}

/** What a turn of a workflow is executed with. */
export const inputOf = (
  writer: JournalWriter,
  workflow: string,
  version: number,
  content = 'Hi',
): StepInput => ({
  ...writer,
  ...{ caller, workflow, version, content, history: [] },
});

function isFailure(event: StepEvent): boolean {
  return event.type === 'workflow_status' && event.data.status === 'failed';
}

/** What was told, in short: each status with its step, each text, and where a message ends. */
export function story(events: readonly StepEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case 'workflow_status':
        return [`${event.data.status} ${event.data.step} ${event.data.progress.done}`];
      case 'text':
        return [event.text];
      case 'message_end':
        return [`end of ${event.step}`];
      case 'workflow_state':
        return [`at ${event.state.step} ${event.state.stepsDone}`];
      default:
        return [];
    }
  });
}

/** What a turn that has ended came to. */
export const outcomeOf = ({ result }: Execution) => {
  if (result === undefined || 'waitsFor' in result) throw new Error('the turn has not ended');
  return result;
};

/** What a turn waits for. */
export const waitOf = ({ result }: Execution): RequestedInput => {
  if (result === undefined || !('waitsFor' in result)) throw new Error('the turn does not wait');
  return result.waitsFor[0]!;
};

/** The input as somebody has answered it. */
export const resolved = (
  { id, key }: RequestedInput,
  outcome: ResolvedInput['outcome'],
  content: unknown = null,
): ResolvedInput => ({ id, key, outcome, content, remember: false, answeredBy: null, answeredAt: null });

function definedAs(defined: ReadonlyMap<string, StoredDefinition>, name: string, version?: number) {
  return [...defined.values()]
    .filter((one) => one.name === name && (version ?? one.version) === one.version)
    .at(-1);
}

/** Processes that execute turns of workflows over one database, and may die in the middle, for the specs of this file. */
export function workflowProcesses() {
  let pool: pg.Pool;
  let asked: Asked['messages'][];
  let failure: { readonly at: number; readonly error: Error } | undefined;
  let tools: ((database: Database) => StepTools) | undefined;
  let retriever: Retriever | undefined;
  withSharedPool((opened) => (pool = opened));
  let says: Readonly<Record<string, readonly string[]>> = {};
  let askedFor: string[] = [];
  const defined = new Map<string, StoredDefinition>();
  const definitions = {
    find: (_org: string, name: string, version?: number) =>
      Promise.resolve(definedAs(defined, name, version)),
    list: () => Promise.resolve([]),
  };
  beforeEach(() => {
    asked = [];
    failure = undefined;
    retriever = undefined;
    says = {};
    askedFor = [];
  });

  /** Says something else whenever it is asked. */
  const models = {
    async ask({ messages, context }: Asked, _signal: AbortSignal, sink: Sink<AnswerPart>) {
      asked.push(messages);
      const step = context?.cause.step ?? '';
      askedFor.push(step);
      const said = askedFor.filter((one) => one === step).length - 1;
      const known = says[step];
      const text = known === undefined ? `Answer ${asked.length}` : known[Math.min(said, known.length - 1)]!;
      await sink({ type: 'attempt', provider: 'steady', model: 'one' });
      await sink({ type: 'text', text });
      if (failure?.at === asked.length) throw failure.error;
      const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
      const whole = { text: [text], reasoning: [] };
      return { provider: 'steady', model: 'one', finishReason: 'stop', usage, toolCalls: [], said: whole };
    },
  } as unknown as AskModel;

  const store = (database = new Mortal(pool)) =>
    new PostgresWorkflowRunStore(database, pinnedThread, RUNNING);

  async function newThread(workflow: string, version = 1): Promise<string> {
    const threadId = await tellThread(pool, caller);
    await pool.query('UPDATE threads SET workflow = $2, workflow_version = $3 WHERE id = $1', [
      threadId,
      workflow,
      version,
    ]);
    return threadId;
  }

  /** Executes the turn in a process that dies after so many statements. */
  async function execute(input: StepInput, statements = Infinity): Promise<Execution> {
    const database = new Mortal(pool);
    database.left = statements;
    const events: StepEvent[] = [];
    const tell = (event: StepEvent) => void events.push(event);
    try {
      const result = await engineOn(
        store(database),
        models,
        undefined,
        tools?.(database),
        retriever,
        definitions,
      ).execute(input, new AbortController().signal, tell);
      return { events, result };
    } catch (error) {
      if (!((error as Error).cause instanceof ProcessDied)) throw error;
      return { events: events.filter((event) => !isFailure(event)) };
    }
  }

  /** Executes the turn again, in the process that has taken it over. */
  async function again(input: StepInput, inputs: readonly ResolvedInput[] = [], statements?: number) {
    const writer = await takeOver(pool, input);
    const before = { inputs: new Map(inputs.map((one) => [one.key, one])) };
    const next = { ...input, ...writer, before };
    return { input: next, ...(await execute(next, statements)) };
  }

  /** As the runner of turns does at the end of a turn. */
  async function end(turnId: string, { events, result }: Execution): Promise<void> {
    const states = events.flatMap((event) => (event.type === 'workflow_state' ? [event.state] : []));
    const state = result !== undefined && !('waitsFor' in result) ? result.state : states.at(-1);
    await pool.query('UPDATE turns SET workflow_state = $2 WHERE id = $1', [turnId, JSON.stringify(state)]);
  }

  async function runs(threadId: string) {
    const { rows } = await pool.query<{ branch: number; step: string; status: string; steps_done: number }>(
      'SELECT branch, step, status, steps_done FROM workflow_runs WHERE thread_id = $1 ORDER BY id',
      [threadId],
    );
    return rows;
  }

  return {
    get pool() {
      return pool;
    },
    get asked() {
      return asked;
    },
    get failure() {
      return failure;
    },
    /** For which steps models were asked. */
    get askedFor() {
      return askedFor;
    },
    /** What models say in a step, the first time, the second …; something else each time otherwise. */
    set says(value: Readonly<Record<string, readonly string[]>>) {
      says = value;
    },
    /** Publishes a version of a workflow. */
    define(version: number, definition: Readonly<Record<string, unknown>> & { readonly name: string }) {
      defined.set(`${definition.name} ${version}`, { name: definition.name, version, definition });
    },
    set asked(value) {
      asked = value;
    },
    set failure(value) {
      failure = value;
    },
    /** The tools that models may call, for a process with this database. */
    set tools(value: (database: Database) => StepTools) {
      tools = value;
    },
    /** What finds documents; nothing does otherwise. */
    set retriever(value: Retriever) {
      retriever = value;
    },
    models,
    newThread,
    execute,
    again,
    end,
    runs,
    store,
  };
}
