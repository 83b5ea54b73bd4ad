import {
  newId,
  type AnswerPart,
  type HistoryMessage,
  type Sink,
  type StepEvent,
  type ToolCall,
} from '../../src/kernel/index.js';
import type { AskModel, Question } from '../../src/llm/index.js';
import type { Database } from '../../src/platform/database/index.js';
import { Metrics } from '../../src/platform/telemetry/index.js';
import { CallTool, ToolRegistry, type Approvals, type Tool } from '../../src/tool/index.js';
import { ToolMetrics } from '../../src/tool/app/tool-metrics.js';
import { PostgresRunJournal } from '../../src/workflow/adapters/postgres-run-journal.js';
import { PrepareRounds } from '../../src/workflow/app/prepare-rounds.js';
import { StepTools } from '../../src/workflow/app/step-tools.js';
import type { StepInput } from '../../src/workflow/app/workflow-engine.js';
import { countingTool } from '../doubles/counting-tool.js';
import { RUNNING } from '../support/foreign-sql.js';
import { keepResult } from '../support/tools.js';
import { sized } from '../support/size.js';
import { NO_SERVERS } from '../support/tools.js';
import { newTurnWriter } from '../support/turn-writer.js';
import { inputOf, outcomeOf, resolved, waitOf, workflowProcesses } from '../support/workflow-processes.js';

const on = workflowProcesses();
const callTool = new CallTool(new ToolMetrics(new Metrics({ METRICS: false })), keepResult());
const NAMES = ['once', 'again', 'unheard_of'];
const ROUNDS = 2;

/** How often a model has called tools since the user spoke. */
function roundsIn(messages: readonly HistoryMessage[]): number {
  const own = messages.slice(messages.findLastIndex(({ role }) => role === 'user'));
  return own.filter((message) => message.role === 'assistant' && message.toolCalls !== undefined).length;
}

/** Calls every tool in two rounds, by names that many providers would use again, and then answers. */
function scripted(asked: Question[]): AskModel {
  const ask = async (question: Question, _signal: AbortSignal, sink: Sink<AnswerPart>) => {
    asked.push(question);
    const round = roundsIn(question.messages);
    const text = `Round ${round}`;
    const toolCalls =
      round < ROUNDS
        ? NAMES.map((name, index): ToolCall => ({ id: `call_${index}`, name, arguments: '{}' }))
        : [];
    await sink({ type: 'attempt', provider: 'steady', model: 'one' });
    await sink({ type: 'text', text });
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
    const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
    return {
      provider: 'steady',
      model: 'one',
      finishReason,
      usage,
      toolCalls,
      said: { text: [text], reasoning: [] },
    };
  };
  return { ask } as unknown as AskModel;
}

function setTools(tools: readonly Tool[]) {
  const asked: Question[] = [];
  const approvals = { isRemembered: () => Promise.resolve(false) } as unknown as Approvals;
  const registry = new ToolRegistry(tools, { TOOL_APPROVAL: undefined }, NO_SERVERS);
  on.tools = (database: Database) =>
    new StepTools(
      new PostgresRunJournal(database, RUNNING),
      registry,
      new PrepareRounds({ MAX_TOOL_ITERATIONS: 5 }, scripted(asked), callTool, approvals),
    );
  return asked;
}

async function newTurn(workflow: string): Promise<StepInput> {
  const writer = await newTurnWriter(on.pool, await on.newThread(workflow));
  return { ...inputOf(writer, workflow, 1), tools: true };
}

const messagesIn = (events: readonly StepEvent[]) =>
  events.flatMap((event) =>
    event.type === 'message_end' ? [event.toolCalls.map(({ id, name }) => `${name} ${id}`)] : [],
  );
const resultsIn = (events: readonly StepEvent[]) =>
  events.flatMap((event) => (event.type === 'tool_result' ? [event.data] : []));

describe('a turn whose process dies while its models call tools', () => {
  const make = () => {
    const tools = [countingTool('once'), countingTool('again', { idempotent: true })];
    return { tools, asked: setTools(tools) };
  };

  it('has each call answered once, wherever that was, in several rounds of several steps', async () => {
    const whole = make();
    const { events } = await on.execute(await newTurn('drafted-answer'));
    const [once] = whole.tools;
    expect(once!.counted).toHaveLength(3 * ROUNDS);
    expect(new Set(once!.counted).size).toBe(3 * ROUNDS);

    let isWhole = false;
    let unknown = 0;
    for (let statements = 0; !isWhole; statements += sized(2, 1)) {
      const { tools, asked } = make();
      const turn = await newTurn('drafted-answer');
      const first = await on.execute(turn, statements);
      isWhole = first.result !== undefined;
      const askedBefore = asked.length;
      const second = isWhole ? first : await on.again(turn);
      expect(second.result).toBeDefined();
      expect(messagesIn(second.events)).toEqual(messagesIn(events));
      const counts = tools.map(
        ({ counted }) => new Map(counted.map((id) => [id, counted.filter((one) => one === id).length])),
      );
      expect([...counts[0]!.values()].every((count) => count === 1)).toBe(true);
      expect([...counts[1]!.values()].every((count) => count <= 2)).toBe(true);
      // One question and its answer may be lost, and no more.
      expect(asked.length).toBeLessThanOrEqual(whole.asked.length + 1);
      expect(asked.length - askedBefore).toBeLessThanOrEqual(whole.asked.length);

      const told = new Map(resultsIn(first.events).map((result) => [result.callId, result.content]));
      for (const { callId, name, ok, content } of resultsIn(second.events)) {
        expect([callId, told.get(callId) ?? content]).toEqual([callId, content]);
        if (!content.includes('unknown')) continue;
        unknown += 1;
        expect([name, ok]).toEqual(['once', false]);
      }
    }
    expect(unknown).toBeGreaterThan(0);
  });

  it('goes on from what was found in documents before it waited, as far as it may be read', async () => {
    setTools([countingTool('once', { approval: 'always' })]);
    const page = (marker: string, content: string) => ({
      ...{ marker, documentId: newId(), chunkId: newId(), title: 'Page', score: 1, level: 1, content },
    });
    const [kept, gone] = [page('[1]', 'It was found.'), page('[2]', 'It is gone.')];
    let searches = 0;
    on.retriever = {
      retrieve: () => Promise.resolve(searches++ === 0 ? [kept, gone] : [page('[1]', 'It is another one.')]),
      reread: (_caller, found) => Promise.resolve([kept].filter(({ marker }) => found[0]?.marker === marker)),
    };
    const turn = await newTurn('chat');
    const first = await on.execute(turn);
    const second = await on.again(turn, [resolved(waitOf(first), 'declined')]);
    const told = (events: readonly StepEvent[]) =>
      events.filter(({ type }) => type === 'rag_context' || type === 'basis');
    expect(told(first.events)).toHaveLength(2);
    expect(told(second.events)).toEqual(told(first.events));
    expect(searches).toBe(1);
    const { rows } = await on.pool.query(
      `SELECT result::text AS result FROM run_journal WHERE turn_id = $1 AND key = 'model:step:0:1'`,
      [turn.turnId],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].result).toContain(gone.chunkId);
    expect(rows[0].result).not.toContain('found.');
  });

  it('says once how its step goes, in however many rounds and waits', async () => {
    setTools([countingTool('once', { approval: 'always' })]);
    const statuses = (events: readonly StepEvent[]) =>
      events.flatMap((event) => (event.type === 'workflow_status' ? [event.data.status] : []));
    const turn = await newTurn('chat');
    const first = await on.execute(turn);
    const agreed = resolved(waitOf(first), 'accepted');
    const second = await on.again(turn, [agreed]);
    const third = await on.again(second.input, [agreed, resolved(waitOf(second), 'accepted')]);
    for (const { events } of [first, second, third])
      expect(statuses(events)).toEqual(['started', 'step_started']);
    expect(outcomeOf(third).closing.map(({ data }) => data.status)).toEqual(['waiting']);
  });

  it('waits for the one call, and has the others made, whenever the process dies', async () => {
    let isWhole = false;
    for (let statements = 0; !isWhole; statements += 1) {
      const tools = [countingTool('once', { approval: 'always' }), countingTool('again')];
      setTools(tools);
      const turn = await newTurn('chat');
      const first = await on.execute(turn, statements);
      isWhole = first.result !== undefined;
      const { input, ...second } = isWhole ? { input: turn, ...first } : await on.again(turn);
      const [once, again] = tools;
      expect([once!.counted, again!.counted.length]).toEqual([[], 1]);
      const agreed = resolved(waitOf(second), 'accepted');
      const third = await on.again(input, [agreed]);
      const fourth = await on.again(third.input, [agreed, resolved(waitOf(third), 'declined')]);
      expect(fourth.result).not.toHaveProperty('waitsFor');
      expect([once!.counted, again!.counted]).toEqual([['call_0'], ['call_1', 'call_1_2']]);
      const last = new Map(resultsIn(fourth.events).map(({ callId, ok }) => [callId, ok]));
      expect(last.get('call_0_2')).toBe(false);
    }
  });
});
