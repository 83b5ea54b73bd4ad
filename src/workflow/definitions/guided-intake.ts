import type { WorkflowDefinition } from '../steps/kinds.js';

/** Handles a request in three messages: ask, clarify, summarise. */
export const guidedIntake: WorkflowDefinition = {
  name: 'guided-intake',
  version: 1,
  title: 'Guided intake',
  description:
    'Takes up a request in three messages: asks what it is about, clarifies what is open, and sums it up.',
  start: 'ask',
  steps: [
    {
      id: 'ask',
      title: 'Ask',
      instructions:
        'You take up a request. The user has just said what it is about. Say in one sentence what you understood, ' +
        'then ask the one or two questions whose answers you need most. Do not solve it yet.',
      retrieve: false,
      maxSentences: null,
      next: 'clarify',
      maxTokens: 400,
    },
    {
      id: 'clarify',
      title: 'Clarify',
      instructions:
        'You take up a request and have asked about it. Use the answers you were given, name what is still unclear, ' +
        'and ask one last question about it. If nothing is unclear, ask the user to confirm what you understood.',
      retrieve: true,
      maxSentences: null,
      next: 'summarise',
      maxTokens: 400,
    },
    {
      id: 'summarise',
      title: 'Summarise',
      instructions:
        'You have taken up a request. Sum it up for whoever will work on it: the goal, the facts the user gave, ' +
        'what is still open, and the next step. Use short headed paragraphs and nothing the user did not say.',
      retrieve: true,
      maxSentences: null,
      maxTokens: 1_200,
    },
  ],
};
