import { definitionSchema, type WorkflowDefinition } from './kinds.js';

const chat: WorkflowDefinition = {
  name: 'chat',
  version: 1,
  title: 'Chat',
  description: '',
  start: 'reply',
  steps: [{ id: 'reply', title: 'Reply', instructions: '', retrieve: true, next: 'reply' }],
};

const problems = (change: object) =>
  definitionSchema.safeParse({ ...chat, ...change }).error?.issues.map(({ message }) => message);

describe('a workflow definition', () => {
  it('names only steps it has', () => {
    expect(problems({ start: 'nowhere' })).toEqual(['`start` names no step']);
    expect(problems({ steps: [{ ...chat.steps[0], next: 'nowhere' }] })).toEqual([
      'step reply: `next` names no step',
    ]);
  });

  it('has no two steps of one id', () => {
    expect(problems({ steps: [chat.steps[0], chat.steps[0]] })).toEqual(['two steps have the same id']);
  });

  it('knows no other fields', () => {
    expect(problems({ surprise: true })).toHaveLength(1);
  });

  const critique = { id: 'critique', kind: 'generate', title: 'Critique', instructions: '', retrieve: false };
  const review = {
    id: 'review',
    kind: 'human',
    title: 'Review',
    prompt: 'Is it right?',
    schema: { type: 'object', properties: { approved: { type: 'boolean' } } },
    expiresInSeconds: 60,
  };
  const steps = (...others: object[]) => ({ steps: [{ ...chat.steps[0], next: undefined }, ...others] });

  it('has steps that answer, go on by themselves, and ask people', () => {
    expect(problems(steps(critique, { ...review, next: 'critique', role: 'reviewer' }))).toBeUndefined();
    expect(problems(steps({ ...critique, kind: 'chat' }))).toBeUndefined();
    expect(problems(steps({ ...critique, kind: 'other' }))).toHaveLength(1);
  });

  it('has steps that ask people before tools are called, and none that asks them less', () => {
    const asking = (approval: object) => steps({ ...critique, tools: true, approval });
    expect(problems(asking({ search_web: 'ask', 'files__*': 'always', '*': 'ask' }))).toBeUndefined();
    for (const approval of [{ search_web: 'never' }, { 'all tools': 'ask' }, { '': 'ask' }])
      expect(problems(asking(approval))).toHaveLength(1);
    const many = Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`tool${at}`, 'ask']));
    expect(problems(asking(many))).toEqual(['has more than 128 tools']);
  });

  it('names only steps it has wherever the way parts', () => {
    expect(problems(steps({ ...review, onExpired: 'nowhere', onDeclined: 'reply' }))).toEqual([
      'step review: `onExpired` names no step',
    ]);
    expect(problems(steps({ ...review, onDeclined: 'review' }))).toEqual([
      'step review: what a person is asked does not follow itself',
    ]);
  });

  it('comes to a step at which somebody has a say', () => {
    const revise = { ...critique, id: 'revise', next: 'critique' };
    expect(problems(steps({ ...critique, next: 'revise' }, revise))).toEqual([
      'step critique follows itself without an end',
      'step revise follows itself without an end',
    ]);
    const before = { ...critique, id: 'before', next: 'critique' };
    expect(problems(steps(before, { ...critique, next: 'revise' }, revise))).toHaveLength(2);
    expect(problems(steps({ ...critique, next: 'revise' }, { ...revise, next: 'reply' }))).toBeUndefined();
    expect(problems(steps({ ...critique, next: 'review' }, { ...review, next: 'critique' }))).toBeUndefined();
  });

  it('asks people for a form of a bounded size, and not for ever', () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`field${at}`, {}]));
    expect(problems(steps({ ...review, schema: { type: 'object', properties: many } }))).toEqual([
      'at most 50 fields',
    ]);
    expect(problems(steps({ ...review, schema: { type: 'string' } }))).not.toBeUndefined();
    expect(problems(steps({ ...review, expiresInSeconds: 0 }))).toHaveLength(1);
    expect(problems(steps({ ...review, expiresInSeconds: undefined }))).toHaveLength(1);
  });
});
