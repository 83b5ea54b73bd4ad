import type { ToolCall } from '../../kernel/index.js';
import type { Answered, Question } from '../../llm/index.js';
import { answerInWords } from './answer-in-words.js';

const QUESTION = { messages: [{ role: 'user', content: 'Hi' }] } as unknown as Question;
const CALL: ToolCall = { id: 'a', name: 'look', arguments: '{}' };
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

/** What comes of a model that is offered nothing and gives these answers. */
async function answerTo(...answers: readonly { text: string; toolCalls?: readonly ToolCall[] }[]) {
  const questions: Question[] = [];
  const left = [...answers];
  const models = {
    ask(question: Question): Promise<Answered> {
      questions.push(question);
      const { text, toolCalls = [] } = left.shift()!;
      const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
      const said = { text: [text], reasoning: [] };
      return Promise.resolve({ provider: 'p', model: 'm', finishReason, usage, toolCalls, said });
    },
  };
  const { signal } = new AbortController();
  const answered = await answerInWords({ models, signal, tell: () => undefined }, QUESTION);
  return { answered, questions };
}

describe('the answer of a model that is offered no tools', () => {
  it('stands where nothing is called, also where it is empty', async () => {
    for (const text of ['Hello.', '']) {
      const { answered, questions } = await answerTo({ text });
      expect([answered.said.text, questions.length]).toEqual([[text], 1]);
    }
  });

  it('is asked for once more where it calls and says nothing', async () => {
    const { answered, questions } = await answerTo({ text: ' ', toolCalls: [CALL] }, { text: 'Hello.' });
    expect(answered).toMatchObject({ finishReason: 'stop', toolCalls: [], said: { text: ['Hello.'] } });
    expect(answered.usage.totalTokens).toBe(4);
    expect(questions[1]!.messages.at(-1)).toMatchObject({
      role: 'user',
      content: expect.stringContaining('no tools that you can call here'),
    });
  });

  it('is what it says beside its calls, and is not asked for for ever', async () => {
    const beside = await answerTo({ text: 'Hello.', toolCalls: [CALL] });
    expect([beside.answered.finishReason, beside.answered.toolCalls, beside.questions.length]).toEqual([
      ...['stop', [], 1],
    ]);
    const silent = { text: '', toolCalls: [CALL] };
    const { answered, questions } = await answerTo(silent, silent);
    expect([answered.finishReason, answered.toolCalls, questions.length]).toEqual(['stop', [], 2]);
  });
});
