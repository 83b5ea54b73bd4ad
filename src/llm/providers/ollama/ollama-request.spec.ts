import type { ModelMessage, ModelRequest } from '../../ports/language-model.js';
import { chatBody } from './ollama-request.js';

const hello: ModelMessage = { role: 'user', content: 'hello' };

function bodyOf(request: Partial<ModelRequest>, canReason = true) {
  return chatBody({ model: 'llama3', messages: [hello], passages: [], ...request }, 'ollama', canReason);
}

const look = { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } };
const wait = { name: 'wait', parameters: { type: 'object' }, strict: true };

describe('the body of a chat', () => {
  it('says no more than it was told, and that nothing may be dropped', () => {
    expect(bodyOf({})).toEqual({
      model: 'llama3',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
      truncate: false,
      options: {},
    });
  });

  it('has every setting under the name Ollama gives it', () => {
    const { options } = bodyOf({
      temperature: 0,
      topP: 0.9,
      seed: 7,
      stop: ['END'],
      maxTokens: 5,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
    });
    expect(options).toEqual({
      temperature: 0,
      top_p: 0.9,
      seed: 7,
      stop: ['END'],
      num_predict: 5,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
    });
  });

  it.each([
    ['minimal', 'low'],
    ['low', 'low'],
    ['medium', 'medium'],
    ['high', 'high'],
  ] as const)('asks for %s effort as %s', (reasoningEffort, think) => {
    expect(bodyOf({ reasoningEffort }).think).toBe(think);
  });

  it('asks no model to think that is known not to', () => {
    expect(bodyOf({ reasoningEffort: 'high' }, false)).not.toHaveProperty('think');
  });

  it('wants JSON, or JSON of a schema', () => {
    expect(bodyOf({ responseFormat: { type: 'json_object' } }).format).toBe('json');
    const schema = { type: 'object', properties: { a: { type: 'number' } } };
    expect(bodyOf({ responseFormat: { type: 'json_schema', name: 'a', schema } }).format).toEqual(schema);
  });

  it('offers tools', () => {
    expect(bodyOf({ tools: [look, wait] }).tools).toEqual([
      { type: 'function', function: look },
      { type: 'function', function: { name: 'wait', parameters: { type: 'object' } } },
    ]);
  });

  it.each([
    ['all where the model may choose', 'auto', ['look', 'wait']],
    ['all where it must call one', 'required', ['look', 'wait']],
    ['only the one it must call', { name: 'wait' }, ['wait']],
    ['none where it may not call any', 'none', undefined],
  ] as const)('offers %s', (_name, toolChoice, names) => {
    const { tools } = bodyOf({ tools: [look, wait], toolChoice });
    expect(tools?.map(({ function: { name } }) => name)).toEqual(names);
  });

  it('sends calls back with their arguments as objects, and what each tool said under its name', () => {
    const { messages } = bodyOf({
      messages: [
        { role: 'system', content: 'Be brief.' },
        hello,
        {
          role: 'assistant',
          content: '',
          reasoning: 'I should look.',
          toolCalls: [
            { id: 'call_1', name: 'look', arguments: '{"city":"東京"}' },
            { id: 'call_2', name: 'wait', arguments: '' },
          ],
        },
        { role: 'tool', toolCallId: 'call_2', content: 'waited' },
        { role: 'tool', toolCallId: 'call_1', content: 'rain' },
        { role: 'tool', toolCallId: 'call_9', content: 'whose?' },
      ],
    });
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hello' },
      {
        role: 'assistant',
        content: '',
        thinking: 'I should look.',
        tool_calls: [
          { id: 'call_1', function: { name: 'look', arguments: { city: '東京' } } },
          { id: 'call_2', function: { name: 'wait', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'waited', tool_call_id: 'call_2', tool_name: 'wait' },
      { role: 'tool', content: 'rain', tool_call_id: 'call_1', tool_name: 'look' },
      { role: 'tool', content: 'whose?', tool_call_id: 'call_9' },
    ]);
  });

  it.each([
    ['a list', '[1,2]', { arguments: [1, 2] }],
    ['a word', '"rain"', { arguments: 'rain' }],
    ['no JSON at all', '{"city":', { arguments: '{"city":' }],
  ])('keeps arguments that are %s inside an object', (_name, text, given) => {
    const toolCalls = [{ id: 'call_1', name: 'look', arguments: text }];
    const { messages } = bodyOf({ messages: [{ role: 'assistant', content: '', toolCalls }] });
    expect(messages[0]!.tool_calls![0]!.function.arguments).toEqual(given);
  });

  it('keeps thoughts to itself that led to no call', () => {
    const { messages } = bodyOf({ messages: [{ role: 'assistant', content: 'a', reasoning: 'b' }] });
    expect(messages).toEqual([{ role: 'assistant', content: 'a' }]);
  });

  it('sends images as bare base64', () => {
    const { messages } = bodyOf({
      messages: [{ role: 'user', content: 'what is it?', images: ['data:image/png;base64,iVBORw0KGgo='] }],
    });
    expect(messages).toEqual([{ role: 'user', content: 'what is it?', images: ['iVBORw0KGgo='] }]);
  });

  it.each(['https://example.com/private.png', 'data:image/svg+xml,<private/>', 'private', ''])(
    'refuses the image %s, which nobody would fetch, without repeating it',
    (image) => {
      const messages: ModelMessage[] = [{ role: 'user', content: 'what is it?', images: [image] }];
      let error: unknown;
      try {
        bodyOf({ messages });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'VALIDATION_FAILED', fault: 'request', retryable: false });
      expect(String((error as Error).message)).not.toContain('private');
    },
  );
});
