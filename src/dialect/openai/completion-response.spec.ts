import type { Answered } from '../../llm/index.js';
import { completionOf } from './completion-response.js';

const answered: Answered = {
  provider: 'p',
  model: 'm',
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  toolCalls: [],
  said: { text: ['a', 'b'], reasoning: ['hm'] },
};
const calling: Answered = {
  ...answered,
  finishReason: 'tool_calls',
  toolCalls: [{ id: 'c', name: 'f', arguments: '{"a":"b"}' }],
};
const saying = (answer: Answered, ...text: string[]): Answered => ({
  ...answer,
  said: { text, reasoning: [] },
});

const whole = (answer: Answered) => completionOf({ id: 'chatcmpl-1', created: 5 }, answer);

describe('a whole completion', () => {
  it('is what was said and thought', () => {
    expect(whole(answered)).toMatchObject({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 5,
      model: 'p/m',
      choices: [{ message: { content: 'ab', reasoning_content: 'hm' }, finish_reason: 'stop' }],
    });
  });

  it('has no content when there are only calls, and the text beside them otherwise', () => {
    expect(whole(saying(calling))).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [{ id: 'c', type: 'function' }] } }],
    });
    expect(whole(saying(calling, 'Wait.'))).toMatchObject({
      choices: [{ message: { content: 'Wait.' }, finish_reason: 'tool_calls' }],
    });
    expect(whole(saying(answered))).toMatchObject({ choices: [{ message: { content: '' } }] });
  });
});
