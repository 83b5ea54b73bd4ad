import type { WorkflowDefinition } from '../steps/kinds.js';

/** Answers each message in three model calls: a draft, what is wrong with it, and the answer. */
export const draftedAnswer: WorkflowDefinition = {
  name: 'drafted-answer',
  version: 1,
  title: 'Drafted answer',
  description:
    'Every message is answered three times over: with a draft, with a critique of it, and with the final answer.',
  start: 'draft',
  steps: [
    {
      id: 'draft',
      title: 'Draft',
      instructions: 'Draft an answer to the newest message of the user. Another step will improve on it.',
      retrieve: true,
      next: 'critique',
    },
    {
      id: 'critique',
      kind: 'generate',
      title: 'Critique',
      instructions:
        'Your last message is a draft. Say in at most five short points what is wrong, unclear or missing in it. Do not ' +
        'write the answer anew. If nothing is, say so.',
      retrieve: false,
      next: 'revise',
      maxTokens: 600,
    },
    {
      id: 'revise',
      kind: 'generate',
      title: 'Revise',
      instructions:
        'A draft of your answer stands above, and a critique of it. Write the final answer to the user’s message, with ' +
        'the critique taken into account. Do not mention the draft or the critique.',
      retrieve: true,
      next: 'draft',
    },
  ],
};
