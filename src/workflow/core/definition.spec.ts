import { definitionSchema, type WorkflowDefinition } from './definition.js';

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
});
