import type { WorkflowDefinition } from '../steps/kinds.js';

/** The workflow of a thread that does not name one: a single open step. */
export const chat: WorkflowDefinition = {
  name: 'chat',
  version: 1,
  title: 'Chat',
  description:
    'A conversation without an end: every message is answered from the documents the user may read.',
  start: 'reply',
  steps: [{ id: 'reply', title: 'Reply', instructions: '', retrieve: true, next: 'reply' }],
};
