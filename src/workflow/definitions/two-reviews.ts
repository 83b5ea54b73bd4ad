import type { WorkflowDefinition } from '../steps/kinds.js';

const review = (role: string, prompt: string) => ({
  start: 'check',
  steps: [
    {
      id: 'check',
      kind: 'human' as const,
      title: `Review (${role})`,
      prompt,
      schema: {
        type: 'object' as const,
        properties: {
          approved: { type: 'boolean', title: 'Approved' },
          comment: { type: 'string', title: 'What is to be changed', maxLength: 5_000 },
        },
        required: ['approved'],
        additionalProperties: false,
      },
      role,
      expiresInSeconds: 3 * 24 * 3600,
    },
  ],
});

/** A text that two people look through side by side before it is final. */
export const twoReviews: WorkflowDefinition = {
  name: 'two-reviews',
  version: 1,
  title: 'Two reviews',
  description:
    'Drafts a text. An editor and a lawyer review it side by side; where both approve it is final, and otherwise it is revised by ' +
    'what they say.',
  start: 'draft',
  steps: [
    {
      id: 'draft',
      title: 'Draft',
      maxSentences: null,
      instructions: 'Draft the text that the user asks for. Two people will review it.',
      retrieve: true,
      maxTokens: 2_000,
      next: 'reviews',
    },
    {
      id: 'reviews',
      kind: 'parallel',
      title: 'Reviews',
      branches: [
        {
          id: 'editor',
          ...review('editor', 'Is the draft well written, and does it say what it is to say?'),
        },
        { id: 'legal', ...review('legal', 'May the draft be published as it is?') },
      ],
      next: 'decide',
    },
    {
      id: 'decide',
      kind: 'branch',
      title: 'Approved by both?',
      cases: [
        {
          when:
            'has(state.reviews.editor.check) && state.reviews.editor.check.approved && ' +
            'has(state.reviews.legal.check) && state.reviews.legal.check.approved',
          to: 'finish',
        },
      ],
      next: 'revise',
    },
    {
      id: 'finish',
      kind: 'generate',
      title: 'Finish',
      instructions:
        'Both reviewers have approved the draft. Write it once more as it is final, with nothing around it.',
      retrieve: false,
      maxTokens: 2_000,
    },
    {
      id: 'revise',
      kind: 'generate',
      title: 'Revise',
      instructions:
        'Not both reviewers have approved the draft. Write it anew with what they want changed, and say in one sentence what you ' +
        'have changed. It will be reviewed once more when the user has said something about it.',
      retrieve: false,
      maxTokens: 2_000,
      next: 'draft',
    },
  ],
};
