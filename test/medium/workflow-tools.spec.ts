import type { StepEvent } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/database/index.js';
import { Metrics } from '../../src/platform/telemetry/index.js';
import { ToolMetrics } from '../../src/tool/app/tool-metrics.js';
import { CallTool, ToolRegistry, type Approvals, type Tool } from '../../src/tool/index.js';
import { PostgresRunJournal } from '../../src/workflow/adapters/postgres-run-journal.js';
import { PrepareRounds } from '../../src/workflow/app/prepare-rounds.js';
import { StepTools } from '../../src/workflow/app/step-tools.js';
import { RUNNING } from '../support/foreign-sql.js';
import { chat, inputsOf, smallWorkflows } from '../support/small-workflows.js';
import { definitionOf, keepResult, NO_SERVERS, saying } from '../support/tools.js';
import { outcomeOf, resolved, story, waitOf, workflowProcesses } from '../support/workflow-processes.js';

const on = workflowProcesses();
const { execute, again } = on;
const { turnOf, ranIn } = smallWorkflows(on);

type Arguments = Readonly<Record<string, unknown>>;

const PARAMETERS = {
  type: 'object',
  properties: { id: { type: 'string' }, count: { type: 'integer' } },
  required: ['id'],
  additionalProperties: false,
} as const;

/** The shop's tool, which may be called once for each order, and what it was called with. */
function shop(answer: (args: Arguments, signal: AbortSignal) => Promise<ReturnType<typeof saying>>) {
  const asked: Arguments[] = [];
  const tool: Tool = {
    definition: definitionOf({ name: 'shop_order', title: 'Order', parameters: PARAMETERS }),
    async *call(args, _context, signal) {
      asked.push(args);
      return await answer(args, signal);
    },
  };
  const registry = new ToolRegistry([tool], { TOOL_APPROVAL: undefined }, NO_SERVERS);
  const approvals = { isRemembered: () => Promise.resolve(false) } as unknown as Approvals;
  const callTool = new CallTool(new ToolMetrics(new Metrics({ METRICS: false })), keepResult());
  on.tools = (database: Database) =>
    new StepTools(
      new PostgresRunJournal(database, RUNNING),
      registry,
      new PrepareRounds({ MAX_TOOL_ITERATIONS: 5 }, on.models, callTool, approvals),
    );
  return asked;
}

const sent = () =>
  shop(({ id }) => Promise.resolve(saying(JSON.stringify({ status: `${id as string} is sent` }))));
const look = (more: object = {}) => ({
  ...{ id: 'look', title: 'Look', kind: 'tool', tool: 'shop_order', arguments: { id: 'A-7' }, next: 'tell' },
  ...more,
});
const tell = chat('tell', { instructions: 'It says <{{state.look.content}}>, ok <{{state.look.ok}}>.' });
const sorry = chat('sorry', { instructions: 'Sorry <{{state.look.content}}{{state.look.error.code}}>.' });

/** What was told of calls, in its order. */
const callsIn = (events: readonly StepEvent[]) =>
  events.flatMap((event): string[] => {
    if (event.type === 'message_end' && event.toolCalls.length > 0)
      return [`requested ${event.toolCalls.map(({ arguments: args }) => args).join()}`];
    if (event.type === 'tool_call') return [event.data.status];
    return event.type === 'tool_result' ? [`result ${event.data.ok}: ${event.data.content}`] : [];
  });
const told = () => String(on.asked.at(-1)![0]!.content);

describe('a step that calls a tool', () => {
  it('gives it the values of the run, and leaves its result as a variable', async () => {
    const asked = sent();
    on.says = { read: ['{"order":"A-7"}'] };
    const schema = { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] };
    const turn = await turnOf([
      { id: 'read', title: 'Read', kind: 'extract', schema, next: 'look' },
      look({
        arguments: { id: '{{state.read.order}}', count: { expression: 'size(message)' } },
        into: 'order',
      }),
      chat('tell', { instructions: 'It is <{{state.order.data.status}}>.' }),
    ]);
    const execution = await execute(turn);
    expect(asked).toEqual([{ id: 'A-7', count: 2 }]);
    expect(callsIn(execution.events)).toEqual([
      'requested {"id":"A-7","count":2}',
      'executing',
      'result true: {"status":"A-7 is sent"}',
    ]);
    expect(told()).toContain('It is <A-7 is sent>.');
    expect(story(execution.events)).toEqual(expect.arrayContaining(['step_completed look 2', 'at tell 2']));
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'tell', status: 'completed' });
    expect(on.askedFor).toEqual(['read', 'tell']);
  });

  it('asks first where the step says so, and calls it with what was agreed to', async () => {
    const asked = sent();
    const turn = await turnOf([look({ approval: { shop_order: 'always' } }), tell]);
    const first = await execute(turn);
    expect(waitOf(first)).toMatchObject({ kind: 'tool_approval', prompt: expect.stringContaining('A-7') });
    expect([asked, on.askedFor, await ranIn(turn)]).toEqual([[], [], []]);
    const content = { arguments: { id: 'B-8' } };
    const second = await again(turn, [resolved(waitOf(first), 'accepted', content)]);
    expect(asked).toEqual([{ id: 'B-8' }]);
    expect(callsIn(second.events).slice(0, 3)).toEqual(['requested {"id":"A-7"}', 'approved', 'executing']);
    expect(told()).toContain('B-8 is sent');
  });

  it.each(['declined', 'expired'] as const)(
    'is not made when that is %s, and leads on as failed',
    async (outcome) => {
      const asked = sent();
      const turn = await turnOf([look({ approval: { '*': 'ask' }, onFailed: 'sorry' }), tell, sorry]);
      const [input] = inputsOf(await execute(turn));
      const second = await again(turn, [resolved(input!, outcome)]);
      expect(asked).toEqual([]);
      expect(callsIn(second.events).at(-1)).toMatch(/^result false: .* It was not made\.$/);
      expect(outcomeOf(second).workflow).toMatchObject({ step: 'sorry' });
      expect(told()).toContain('It was not made.');
    },
  );
});

describe('a call of a step that fails', () => {
  const failing = () => shop(() => Promise.resolve(saying('No such order.', false)));

  it.each([
    ['says that it has failed', failing, 'No such order.'],
    ['breaks', () => shop(() => Promise.reject(new Error('secret words'))), 'for a reason of the server'],
  ])('leads on where its workflow says so when the tool %s', async (_, broken, words) => {
    const asked = broken();
    const ways = { next: 'tell', onFailed: 'sorry', onError: 'tell', retries: { max: 2, backoffMs: 0 } };
    const execution = await execute(await turnOf([look(ways), tell, sorry]));
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'sorry' });
    expect(told()).toContain(words);
    expect(told()).not.toContain('secret');
    // What came of a call is known: it is not made again.
    expect(asked).toHaveLength(1);
  });

  it('leads to the step for errors where none is for it, and on where there is neither', async () => {
    failing();
    const caught = await execute(await turnOf([look({ onError: 'sorry' }), tell, sorry]));
    expect(outcomeOf(caught).workflow).toMatchObject({ step: 'sorry' });
    expect(told()).toContain('No such order.');
    const led = await execute(await turnOf([look(), tell]));
    expect(outcomeOf(led).workflow).toMatchObject({ step: 'tell' });
    expect(told()).toContain('ok <false>');
  });

  it('is of a tool that there is not, or with arguments that do not fit, and none is made', async () => {
    const asked = sent();
    for (const wrong of [{ tool: 'unheard_of' }, { arguments: {} }, { arguments: { id: 'A', more: 1 } }]) {
      const execution = await execute(await turnOf([look({ ...wrong, onFailed: 'sorry' }), tell, sorry]));
      expect(outcomeOf(execution).workflow).toMatchObject({ step: 'sorry' });
      expect(told()).not.toContain('Sorry <>');
    }
    expect(asked).toEqual([]);
  });

  it('has a result also where the step takes longer than it may, and leads on with the error', async () => {
    const asked = shop(
      (_, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        ),
    );
    const turn = await turnOf([look({ timeoutMs: 100, onError: 'sorry' }), tell, sorry]);
    const execution = await execute(turn);
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'sorry' });
    expect(told()).toContain('Sorry <PROVIDER_TIMEOUT>.');
    expect(callsIn(execution.events).slice(0, 2)).toEqual(['requested {"id":"A-7"}', 'executing']);
    expect(callsIn(execution.events).at(-1)).toMatch(/^result false: /);
    // Whoever goes on with the turn tells the same messages, and makes no call.
    const second = await again(turn);
    const messages = (events: readonly StepEvent[]) => story(events).filter((line) => /^end of/.test(line));
    expect(messages(second.events)).toEqual(messages(execution.events));
    expect(asked).toHaveLength(1);
    expect(await ranIn(turn)).toContain('look failed');
  });
});

describe('a process that dies while a step calls a tool', () => {
  it('has made the call once, or says that it is unknown, wherever that was', async () => {
    let isWhole = false;
    let unknown = 0;
    for (let statements = 0; !isWhole; statements += 1) {
      const asked = sent();
      const turn = await turnOf([look({ next: 'tell' }), tell]);
      const first = await execute(turn, statements);
      isWhole = first.result !== undefined;
      const second = isWhole ? first : await again(turn);
      expect(asked.length).toBeLessThanOrEqual(1);
      expect(outcomeOf(second).workflow).toMatchObject({ step: 'tell', status: 'completed' });
      expect(await ranIn(turn)).toEqual(['look completed', 'tell completed']);
      const isUnknown = told().includes('ok <false>');
      if (isUnknown) expect(told()).toContain('is unknown');
      else expect(asked).toEqual([{ id: 'A-7' }]);
      unknown += isUnknown ? 1 : 0;
      expect(callsIn(second.events).filter((line) => line.startsWith('requested'))).toHaveLength(1);
    }
    expect(unknown).toBe(1);
  });

  it('has made that of each item of a list once', async () => {
    const each = {
      ...{
        id: 'each',
        title: 'Each',
        kind: 'foreach',
        items: '["A", "B", "C"]',
        concurrency: 3,
        next: 'sum',
      },
      ...{ start: 'look', steps: [look({ arguments: { id: '{{item}}' }, next: undefined })] },
    };
    const sum = chat('sum', {
      instructions: '{{#state.each}}{{look.data.status}}{{look.ok}};{{/state.each}}',
    });
    const orders = (asked: readonly Arguments[]) => asked.map(({ id }) => id).toSorted();
    let isWhole = false;
    for (let statements = 1; !isWhole; statements += 3) {
      const asked = sent();
      const turn = await turnOf([each, sum]);
      const first = await execute(turn, statements);
      isWhole = first.result !== undefined;
      const second = isWhole ? first : await again(turn);
      expect(outcomeOf(second).workflow).toMatchObject({ step: 'sum', status: 'completed' });
      expect(orders(asked)).toEqual([...new Set(orders(asked))]);
      expect(told().match(/true;|false;/g)).toHaveLength(3);
      if (isWhole) expect(orders(asked)).toEqual(['A', 'B', 'C']);
    }
  });
});
