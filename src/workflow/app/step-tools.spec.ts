import { keepResult, NO_SERVERS } from '../../../test/support/tools.js';
import { countingTool } from '../../../test/doubles/counting-tool.js';
import { MemoryRunJournal } from '../../../test/doubles/memory-run-journal.js';
import { newUser } from '../../../test/support/callers.js';
import type { AskModel, Question } from '../../llm/index.js';
import { CallTool, ToolRegistry, type ApprovalPolicies, type Approvals } from '../../tool/index.js';
import { PrepareRounds } from './prepare-rounds.js';
import { StepTools } from './step-tools.js';

const QUESTION = {
  context: { caller: {}, cause: { type: 'turn', threadId: 'thread', turnId: 'turn' } },
  messages: [{ role: 'user', content: 'Count.' }],
} as unknown as Question;

/** Calls the tool once, and then answers. */
const models = {
  ask: ({ messages }: Question) => {
    const isFirst = messages.every(({ role }) => role === 'user');
    return Promise.resolve({
      ...{ provider: 'p', model: 'm', finishReason: isFirst ? 'tool_calls' : 'stop' },
      usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
      toolCalls: isFirst ? [{ id: 'a', name: 'count', arguments: '{}' }] : [],
      said: { text: isFirst ? [] : ['Counted.'], reasoning: [] },
    });
  },
} as unknown as AskModel;

/** What a call comes to in a step with these policies, where the user has agreed to it for good. */
async function callIn(operators: 'never' | 'ask' | 'always', approval?: ApprovalPolicies, remembers = false) {
  const tool = countingTool('count');
  const registry = new ToolRegistry([tool], { TOOL_APPROVAL: new Map([['count', operators]]) }, NO_SERVERS);
  const approvals = { isRemembered: () => Promise.resolve(remembers) } as unknown as Approvals;
  const uncounted = { called: () => undefined } as unknown as ConstructorParameters<typeof CallTool>[0];
  const callTool = new CallTool(uncounted, keepResult());
  const prepare = new PrepareRounds({ MAX_TOOL_ITERATIONS: 5 }, models, callTool, approvals);
  const caller = newUser();
  const turn = {
    ...{ caller, threadId: 'thread', turnId: 'turn', epoch: 1 },
    ...{ content: 'Count.', history: [], inputs: new Map() },
  };
  const step = { id: 'reply', instructions: '', retrieve: false, tools: true as const, approval };
  const execution = {
    tell: () => undefined,
    signal: new AbortController().signal,
    callIds: new Set<string>(),
  };
  const rounds = await new StepTools(new MemoryRunJournal(), registry, prepare).roundsOf(
    step,
    turn,
    'step:0',
    execution,
  );
  const end = await rounds!.ask(QUESTION);
  return end.waitsFor === undefined ? `made ${tool.counted.length}` : `waits, made ${tool.counted.length}`;
}

describe('the calls in a step of a workflow', () => {
  it('wait for people where the step says so and the operator does not', async () => {
    expect(await callIn('never')).toBe('made 1');
    expect(await callIn('never', { count: 'ask' })).toBe('waits, made 0');
    expect(await callIn('never', { '*': 'always' })).toBe('waits, made 0');
    expect(await callIn('never', { other: 'always' })).toBe('made 1');
  });

  it('wait each time where the step says so, whatever the user has agreed to', async () => {
    expect(await callIn('ask', undefined, true)).toBe('made 1');
    expect(await callIn('ask', { count: 'always' }, true)).toBe('waits, made 0');
  });

  it('wait where the operator says so, and the step cannot say otherwise', async () => {
    expect(await callIn('always', { count: 'ask' }, true)).toBe('waits, made 0');
    expect(await callIn('always', {}, true)).toBe('waits, made 0');
  });
});
