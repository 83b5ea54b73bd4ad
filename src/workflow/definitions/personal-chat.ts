import type { WorkflowDefinition } from '../steps/kinds.js';

/** A conversation in short answers, for somebody of whom something is known. */
export const personalChat: WorkflowDefinition = {
  name: 'personal-chat',
  version: 1,
  title: 'Personal chat',
  description:
    'A conversation without an end, in answers of two sentences at most, which take into account what the user has said ' +
    'about themselves and the documents they may read.',
  start: 'reply',
  steps: [
    {
      id: 'reply',
      title: 'Reply',
      instructions: 'Answer in two sentences at most.',
      retrieve: true,
      personalise: true,
      maxSentences: 2,
      next: 'reply',
    },
  ],
};
