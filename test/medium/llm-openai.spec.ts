import type { LanguageModel, ModelRequest } from '../../src/llm/index.js';
import { OpenAiModel } from '../../src/llm/providers/openai/openai-model.js';
import { openAiProfile } from '../../src/llm/providers/openai/openai-profile.js';
import type { EndpointSettings } from '../../src/llm/providers/provider-descriptor.js';
import { describeProviderOverSocket, type Patience } from '../contracts/language-model-wire.contract.js';
import { outcomeOf, partsOf, textOf, WITH_SETTINGS } from '../contracts/language-model.contract.js';
import {
  expectedText,
  expectedToolCalls,
  startOpenAiStandIn,
  type OpenAiStandIn,
} from '../doubles/openai-stand-in.js';

const KEY = 'sk-very-private';

const openAiModel = (settings: EndpointSettings) => new OpenAiModel(settings, openAiProfile(settings));

function modelAt(url: string, patience: Partial<Patience> = {}): LanguageModel {
  return openAiModel({
    apiKey: KEY,
    url,
    connectTimeoutMs: 20_000,
    firstTokenTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...patience,
  });
}

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model: 'gpt-4o-mini', messages: [{ role: 'user', content }], passages: [], ...more };
}

const text = expectedText(20);

describeProviderOverSocket('OpenAI', {
  start: startOpenAiStandIn,
  modelAt,
  asking,
  answers: [
    ['an empty answer, of no cost', { fault: 'empty' }, '', { reason: 'stop', usage: { outputTokens: 0 } }],
    ['a filtered answer', { fault: 'content_filter' }, text, { reason: 'content_filter' }],
    ['a refusal', { fault: 'refusal' }, text, { reason: 'content_filter' }],
    ['an answer without [DONE]', { fault: 'no_done' }, text, { reason: 'stop' }],
    [
      'an answer cut off before its usage',
      { fault: 'cut_before_usage' },
      text,
      { reason: 'stop', usage: { estimated: true } },
    ],
    [
      'an answer whose usage does not come',
      { fault: 'stall_before_usage' },
      text,
      { reason: 'stop', usage: { estimated: true } },
    ],
    [
      'the usage the provider reports',
      { tokens: 9 },
      expectedText(9),
      { usage: { outputTokens: 9, inputTokens: 4 } },
    ],
  ],
  failures: [
    ['an error in the middle', { fault: 'error_frame', at: 7 }, 'PROVIDER_ERROR', 'server', expectedText(7)],
  ],
});

describe('the openai provider', () => {
  let standIn: OpenAiStandIn;

  beforeAll(async () => {
    standIn = await startOpenAiStandIn();
  });

  afterAll(async () => {
    await standIn.close();
  });

  describe('asks', () => {
    it('in the way of the streaming chat completions, with its key', async () => {
      await partsOf(modelAt(standIn.url), asking('', WITH_SETTINGS));
      const { body, headers } = standIn.requests.at(-1)!;
      expect(body).toEqual({
        model: 'gpt-4o-mini',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hello \ufffd there' },
        ],
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
        max_tokens: 7,
      });
      expect(headers['accept-encoding']).toBe('identity');
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
    });

    it('without a key where there is none, whatever keys and headers the environment has', async () => {
      process.env['OPENAI_API_KEY'] = KEY;
      process.env['OPENAI_ORG_ID'] = 'org-private';
      process.env['OPENAI_CUSTOM_HEADERS'] = 'X-Team: private\nAuthorization: Bearer private';
      try {
        const settings = {
          apiKey: undefined,
          url: standIn.url,
          connectTimeoutMs: 20_000,
          firstTokenTimeoutMs: 20_000,
          idleTimeoutMs: 20_000,
        };
        await partsOf(openAiModel(settings), asking('hello'));
      } finally {
        delete process.env['OPENAI_API_KEY'];
        delete process.env['OPENAI_ORG_ID'];
        delete process.env['OPENAI_CUSTOM_HEADERS'];
      }
      const { headers } = standIn.requests.at(-1)!;
      expect(JSON.stringify(headers)).not.toContain('private');
    });

    it('below /v1 when its address is only a host', async () => {
      const parts = await partsOf(modelAt(`http://127.0.0.1:${standIn.port}`), asking('[[tokens=2]]'));
      expect(textOf(parts)).toBe(expectedText(2));
    });
  });

  it('hands over tool calls whole, though their pieces come interleaved', async () => {
    standIn.script({ tokens: 2, tools: 3 });
    const { parts } = await outcomeOf(modelAt(standIn.url), asking('hello'));
    const calls = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(calls).toEqual(expectedToolCalls(3));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
  });
});
