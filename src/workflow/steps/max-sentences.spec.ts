import { chatStepSchema } from './chat.js';
import { sentencesOf } from './max-sentences.js';

const step = { id: 'ask', title: 'Ask', instructions: '', retrieve: false };

describe('the sentences of a chat step', () => {
  it('are two in a step of several, and any number in a conversation without an end', () => {
    expect(sentencesOf({ id: 'ask', next: 'clarify' })).toBe(2);
    expect(sentencesOf({ id: 'ask' })).toBe(2);
    expect(sentencesOf({ id: 'ask', next: 'ask' })).toBeNull();
  });

  it('are as many as it says', () => {
    expect(sentencesOf({ id: 'ask', next: 'ask', maxSentences: 3 })).toBe(3);
    expect(sentencesOf({ id: 'ask', maxSentences: null })).toBeNull();
  });

  it.each([0, -1, 1.5, 1_001, '2'])('are not %p', (maxSentences) => {
    expect(chatStepSchema.safeParse({ ...step, maxSentences }).success).toBe(false);
    expect(chatStepSchema.safeParse({ ...step, maxSentences: 2 }).success).toBe(true);
  });
});
