import type { ModelMessage, ModelRequest } from '../../ports/language-model.js';
import { groqProfile } from '../groq/groq-provider.js';
import { openRouterProfile } from '../openrouter/openrouter-provider.js';
import { openAiProfile, type OpenAiProfile } from './openai-profile.js';
import { chatCompletionBody } from './openai-request.js';

const settings = { apiKey: 'key', connectTimeoutMs: 1_000, firstTokenTimeoutMs: 1_000, idleTimeoutMs: 1_000 };
const openAi = openAiProfile(settings);
const compatible = openAiProfile({ ...settings, url: 'http://127.0.0.1:9/v1' });
const groq = groqProfile(settings);
const openRouter = openRouterProfile(settings);

const tools = [{ name: 'now', parameters: { type: 'object', properties: {} } }];

function bodyOf(more: Partial<ModelRequest>, profile: OpenAiProfile = openAi) {
  const request: ModelRequest = {
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'hi' }],
    passages: [],
    ...more,
  };
  return chatCompletionBody(request, profile) as unknown as Record<string, unknown>;
}

function messageOf(message: ModelMessage, profile: OpenAiProfile = openAi): unknown {
  return (bodyOf({ messages: [message] }, profile)['messages'] as unknown[])[0];
}

describe('the body of a chat completion', () => {
  it('has no field that was not asked for', () => {
    expect(bodyOf({})).toEqual({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('says all that may be asked for', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const body = bodyOf({
      tools: [{ name: 'weather', description: 'The weather', parameters: schema, strict: true }, ...tools],
      toolChoice: 'required',
      parallelToolCalls: false,
      responseFormat: { type: 'json_schema', name: 'answer', schema, strict: true },
      temperature: 0.5,
      topP: 0.9,
      frequencyPenalty: 0.1,
      presencePenalty: -0.1,
      seed: 7,
      stop: ['END'],
      maxTokens: 100,
    });
    expect(body).toMatchObject({
      tools: [
        {
          type: 'function',
          function: { name: 'weather', description: 'The weather', parameters: schema, strict: true },
        },
        { type: 'function', function: { name: 'now' } },
      ],
      tool_choice: 'required',
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.1,
      presence_penalty: -0.1,
      seed: 7,
      stop: ['END'],
      max_completion_tokens: 100,
    });
    expect((body['tools'] as { function: object }[])[1]!.function).not.toHaveProperty('strict');
  });

  it('names the one tool that has to be called', () => {
    expect(bodyOf({ tools, toolChoice: { name: 'now' } })).toMatchObject({
      tool_choice: { type: 'function', function: { name: 'now' } },
    });
  });

  it('leaves a choice of tools out where there are none, and stop words too', () => {
    const body = bodyOf({ tools: [], toolChoice: 'auto', parallelToolCalls: true, stop: [] });
    for (const field of ['tools', 'tool_choice', 'parallel_tool_calls', 'stop'])
      expect(body).not.toHaveProperty(field);
  });

  it('asks for any JSON', () => {
    expect(bodyOf({ responseFormat: { type: 'json_object' } })).toMatchObject({
      response_format: { type: 'json_object' },
    });
  });

  it('has only well-formed texts in it', () => {
    const torn = 'x\ud83d';
    const body = bodyOf(
      {
        model: torn,
        messages: [
          { role: 'system', content: torn },
          { role: 'user', content: torn, images: [`https://example.org/${torn}`] },
          {
            role: 'assistant',
            content: torn,
            toolCalls: [{ id: torn, name: torn, arguments: torn }],
            reasoning: torn,
          },
          { role: 'tool', toolCallId: torn, content: torn },
        ],
        tools: [{ name: torn, description: torn, parameters: { [torn]: [torn] } }],
        stop: [torn],
        responseFormat: { type: 'json_schema', name: torn, schema: { [torn]: torn } },
      },
      compatible,
    );
    expect(JSON.stringify(body)).not.toMatch(/\\ud83d/);
    expect(JSON.stringify(body)).toContain('\ufffd');
  });

  describe('messages', () => {
    it('bring images as parts, after the text where there is one', () => {
      const images = ['data:image/png;base64,AAAA', 'https://example.org/a.png'];
      const pictures = images.map((url) => ({ type: 'image_url', image_url: { url } }));
      expect(messageOf({ role: 'user', content: 'look', images })).toEqual({
        role: 'user',
        content: [{ type: 'text', text: 'look' }, ...pictures],
      });
      expect(messageOf({ role: 'user', content: '', images })).toEqual({ role: 'user', content: pictures });
    });

    it('keep the order and the details that a client has sent', () => {
      const cacheControl = { type: 'ephemeral' } as const;
      const message: ModelMessage = {
        role: 'user',
        name: 'alice',
        content: 'What\nis this?',
        images: ['https://example.org/1.png'],
        parts: [
          { type: 'text', text: 'What', cacheControl },
          { type: 'image', url: 'https://example.org/1.png', detail: 'low' },
          { type: 'text', text: 'is this?' },
        ],
      };
      const sent = (kept: object) => ({
        role: 'user',
        name: 'alice',
        content: [
          { type: 'text', text: 'What', ...kept },
          { type: 'image_url', image_url: { url: 'https://example.org/1.png', detail: 'low' } },
          { type: 'text', text: 'is this?' },
        ],
      });
      expect(messageOf(message)).toEqual(sent({}));
      expect(messageOf(message, openRouter)).toEqual(sent({ cache_control: cacheControl }));
    });

    it('are the developer’s for whoever tells them from the system’s', () => {
      const message: ModelMessage = { role: 'system', content: 'Be brief.', isDeveloper: true, name: 'us' };
      for (const profile of [openAi, openRouter]) {
        expect(messageOf(message, profile)).toEqual({ role: 'developer', content: 'Be brief.', name: 'us' });
      }
      for (const profile of [compatible, groq]) {
        expect(messageOf(message, profile)).toEqual({ role: 'system', content: 'Be brief.', name: 'us' });
      }
    });

    const toolCalls = [
      { id: 'a', name: 'first', arguments: '{"x":1}' },
      { id: 'b', name: 'second', arguments: '{}' },
    ];
    const calling: ModelMessage = { role: 'assistant', content: '', toolCalls, reasoning: 'so' };

    it('bring tool calls and what came of them', () => {
      expect(messageOf(calling)).toEqual({
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'first', arguments: '{"x":1}' } },
          { id: 'b', type: 'function', function: { name: 'second', arguments: '{}' } },
        ],
      });
      expect(messageOf({ role: 'tool', toolCallId: 'a', content: 'one' })).toEqual({
        role: 'tool',
        tool_call_id: 'a',
        content: 'one',
      });
    });

    it('bring thoughts back with the calls they led to, where the vendor takes them', () => {
      expect(messageOf(calling, compatible)).toMatchObject({ reasoning_content: 'so' });
      for (const profile of [groq, openRouter]) {
        expect(messageOf(calling, profile)).toMatchObject({ reasoning: 'so' });
        expect(messageOf(calling, profile)).not.toHaveProperty('reasoning_content');
      }
      expect(messageOf(calling, openAi)).not.toHaveProperty('reasoning_content');
    });

    it('bring no thoughts without calls', () => {
      const said = { role: 'assistant', content: 'a', reasoning: 'so' } as const;
      for (const profile of [openAi, compatible, groq, openRouter]) {
        expect(messageOf(said, profile)).toEqual({ role: 'assistant', content: 'a' });
      }
    });
  });

  describe('of a reasoning model', () => {
    const all = {
      temperature: 0.5,
      topP: 0.9,
      frequencyPenalty: 0.1,
      presencePenalty: 0.1,
      stop: ['END'],
      maxTokens: 9,
    };
    const fields = ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'stop', 'max_tokens'];

    it.each(['o3', 'o4-mini', 'gpt-5', 'gpt-5-mini-2025-08-07', 'openai/o3'])(
      'leaves out what %s refuses, at any address',
      (model) => {
        for (const profile of [openAi, compatible]) {
          const body = bodyOf({ ...all, model, reasoningEffort: 'low' }, profile);
          for (const field of fields) expect(body).not.toHaveProperty(field);
          expect(body).toMatchObject({ max_completion_tokens: 9, reasoning_effort: 'low' });
        }
      },
    );

    it('leaves out no more of one that thinks on demand than it has to', () => {
      expect(bodyOf({ ...all, model: 'gpt-5.1' })).toMatchObject({ temperature: 0.5, stop: ['END'] });
      expect(bodyOf({ ...all, model: 'gpt-5.1', reasoningEffort: 'high' })).not.toHaveProperty('temperature');
    });

    it('asks the o-series for little where it cannot for least, and for calls one by one not at all', () => {
      const body = bodyOf({ model: 'o3', reasoningEffort: 'minimal', tools, parallelToolCalls: false });
      expect(body).toMatchObject({ reasoning_effort: 'low' });
      expect(body).not.toHaveProperty('parallel_tool_calls');
      expect(bodyOf({ model: 'gpt-5', reasoningEffort: 'minimal' })).toMatchObject({
        reasoning_effort: 'minimal',
      });
    });

    it('is not taken for one when it only looks like it', () => {
      for (const model of ['gpt-4o', 'gpt-5-chat-latest', 'olmo-2', 'openchat']) {
        expect(bodyOf({ ...all, model }, compatible)).toMatchObject({ temperature: 0.5, max_tokens: 9 });
      }
    });
  });

  it('asks for no effort of a model that is known not to think', () => {
    expect(bodyOf({ reasoningEffort: 'high' })).not.toHaveProperty('reasoning_effort');
    expect(bodyOf({ reasoningEffort: 'high', model: 'deepseek-r1' }, compatible)).toMatchObject({
      reasoning_effort: 'high',
    });
  });

  it('asks Groq in its way', () => {
    const asked = { reasoningEffort: 'minimal', maxTokens: 9 } as const;
    const qwen = bodyOf({ ...asked, model: 'qwen/qwen3-32b' }, groq);
    expect(qwen).toMatchObject({ reasoning_format: 'parsed', max_completion_tokens: 9 });
    expect(qwen).not.toHaveProperty('reasoning_effort');
    const gptOss = bodyOf({ ...asked, model: 'openai/gpt-oss-120b' }, groq);
    expect(gptOss).toMatchObject({ reasoning_effort: 'low' });
    expect(gptOss).not.toHaveProperty('reasoning_format');
  });

  it('asks OpenRouter in its way', () => {
    const body = bodyOf(
      { model: 'openai/gpt-5', reasoningEffort: 'minimal', maxTokens: 9, temperature: 0.5 },
      openRouter,
    );
    expect(body).toMatchObject({ reasoning: { effort: 'minimal' }, max_tokens: 9, temperature: 0.5 });
    expect(body).not.toHaveProperty('reasoning_effort');
  });
});
