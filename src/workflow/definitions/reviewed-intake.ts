import type { WorkflowDefinition } from '../steps/kinds.js';
import { guidedIntake } from './guided-intake.js';

const A_WEEK = 7 * 24 * 3600;

/** Guided intake whose summary a person looks through before it is handed over. */
export const reviewedIntake: WorkflowDefinition = {
  ...guidedIntake,
  version: 2,
  description:
    'Takes up a request in three messages: asks what it is about, clarifies what is open, and sums it up. Somebody ' +
    'reviews the summary, and it is handed over with their corrections.',
  steps: [
    ...guidedIntake.steps.map((step) => (step.id === 'summarise' ? { ...step, next: 'review' } : step)),
    {
      id: 'review',
      kind: 'human',
      title: 'Review',
      prompt: 'Is the summary right? What is to be corrected before it is handed over?',
      schema: {
        type: 'object',
        properties: {
          approved: { type: 'boolean', title: 'The summary is right' },
          corrections: { type: 'string', title: 'Corrections', maxLength: 10_000 },
        },
        required: ['approved'],
        additionalProperties: false,
      },
      role: 'reviewer',
      expiresInSeconds: A_WEEK,
      // Nobody objected: it is handed over as it is. Whoever declines wants something else said first.
      onExpired: 'handover',
      onDeclined: 'clarify',
      next: 'handover',
    },
    {
      id: 'handover',
      kind: 'generate',
      title: 'Hand over',
      instructions:
        'You have taken up a request, summed it up, and the summary was reviewed. Write the final summary for whoever ' +
        'will work on it: the summary as it stands, with the corrections of the review carried out. Say nothing ' +
        'about the review itself, and nothing that neither the user nor the reviewer said.',
      retrieve: false,
      maxTokens: 1_500,
    },
  ],
};
