import type { WorkflowDefinition } from '../steps/kinds.js';

/** Answers simple requests, and passes urgent ones to a person. */
export const supportTriage: WorkflowDefinition = {
  name: 'support-triage',
  version: 1,
  title: 'Support triage',
  description:
    'Finds out what each message is about. Somebody of the support team answers what is urgent; everything else is answered from ' +
    'the documents.',
  start: 'classify',
  steps: [
    {
      id: 'classify',
      kind: 'extract',
      title: 'Classify',
      needsMessage: true,
      instructions: 'What does the user’s newest message ask support for, and how urgent is it?',
      schema: {
        type: 'object',
        properties: {
          category: { type: 'string', enum: ['billing', 'technical', 'other'] },
          urgency: { type: 'string', enum: ['low', 'high'] },
          summary: { type: 'string', description: 'In one sentence.' },
        },
        required: ['category', 'urgency', 'summary'],
        additionalProperties: false,
      },
      maxTokens: 300,
      retries: { max: 2, backoffMs: 500 },
      // What could not be classified is answered like anything else.
      onError: 'answer',
      next: 'route',
    },
    {
      id: 'route',
      kind: 'branch',
      title: 'Route',
      cases: [
        { when: 'state.classify.urgency == "high"', to: 'escalate' },
        { when: 'state.classify.category == "billing"', to: 'billing' },
      ],
      next: 'answer',
    },
    {
      id: 'answer',
      title: 'Answer',
      maxSentences: null,
      instructions:
        'You answer for the support team. Be short, and ask if something that you need is missing.',
      retrieve: true,
      maxTokens: 800,
      next: 'classify',
    },
    {
      id: 'billing',
      title: 'Answer about billing',
      maxSentences: null,
      instructions:
        'You answer for the support team. The request is about billing: name amounts and dates only where a document says them.',
      retrieve: { limit: 10 },
      maxTokens: 800,
      next: 'classify',
    },
    {
      id: 'escalate',
      kind: 'human',
      title: 'Escalate',
      prompt: 'A user needs help urgently: {{state.classify.summary}}',
      schema: {
        type: 'object',
        properties: { reply: { type: 'string', title: 'What the user is told', maxLength: 5_000 } },
        required: ['reply'],
        additionalProperties: false,
      },
      role: 'support',
      expiresInSeconds: 4 * 3600,
      onExpired: 'apologise',
      onDeclined: 'answer',
      next: 'relay',
    },
    {
      id: 'relay',
      kind: 'generate',
      title: 'Relay',
      instructions:
        'You answer for the support team. Pass on what the team says, in full and friendly sentences; add nothing.',
      retrieve: false,
      prompt: 'Pass this on to me: {{state.escalate.reply}}',
      maxTokens: 800,
      next: 'classify',
    },
    {
      id: 'apologise',
      kind: 'generate',
      title: 'Apologise',
      instructions:
        'Nobody of the support team was there in time. Say so, and that the request was noted as urgent.',
      retrieve: false,
      maxTokens: 300,
      next: 'classify',
    },
  ],
};
