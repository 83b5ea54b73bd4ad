import { assistant, body, result, user } from '../../../../test/support/claude-bodies.js';
import type { ModelMessage } from '../../ports/language-model.js';

describe('the settings of a request', () => {
  it('are left out where they are not given, but for the limit', () => {
    expect(Object.keys(body()).sort()).toEqual(['max_tokens', 'messages', 'model', 'stream']);
  });

  it.each([
    ['claude-3-opus-latest', 4_096],
    ['claude-3-5-haiku-latest', 8_192],
    ['claude-3-7-sonnet-latest', 64_000],
    ['claude-opus-4-1-20250805', 32_000],
    ['claude-sonnet-4-20250514', 64_000],
    ['claude-haiku-4-5', 64_000],
    ['claude-sonnet-5-5', 128_000],
    ['claude-mythos-preview', 128_000],
  ])('limit the answer of %s to %i tokens, or to what the request says', (model, limit) => {
    expect(body({ model }).max_tokens).toBe(limit);
    expect(body({ model, maxTokens: 7 }).max_tokens).toBe(7);
    expect(body({ model, maxTokens: 1_000_000 }).max_tokens).toBe(limit);
  });

  it('trust the request where nothing is known of the model', () => {
    expect(body({ model: 'somebody-elses' }).max_tokens).toBe(4_096);
    expect(body({ model: 'somebody-elses', maxTokens: 100_000 }).max_tokens).toBe(100_000);
  });

  it('leave room for the question in the window', () => {
    const facts = { id: 'claude-haiku-4-5', contextWindow: 50_000 };
    const messages = [user('x'.repeat(90_000))];
    expect(body({ messages }, facts).max_tokens).toBe(20_000);
    expect(body({ messages: [user('x'.repeat(900_000))] }, facts).max_tokens).toBe(1_024);
  });

  it('hold the temperature to what Anthropic takes, and never give two ways of sampling', () => {
    expect(body({ temperature: 1.7 }).temperature).toBe(1);
    expect(body({ temperature: 0 }).temperature).toBe(0);
    expect(body({ topP: 0.5 }).top_p).toBe(0.5);
    expect(body({ temperature: 0.5, topP: 0.5 })).not.toHaveProperty('top_p');
  });

  it('have no temperature for models and versions that refuse it', () => {
    for (const model of ['claude-opus-4-7', 'claude-sonnet-5', 'claude-haiku-5-5', 'claude-mythos-preview']) {
      expect(body({ model, temperature: 1, topP: 1 })).not.toHaveProperty('temperature');
      expect(body({ model, topP: 1 })).not.toHaveProperty('top_p');
    }
    expect(body({ temperature: 1 }, undefined, '2026-10-21')).not.toHaveProperty('temperature');
    expect(body({ model: 'claude-sonnet-4-6', temperature: 0.2 }).temperature).toBe(0.2);
  });

  it('have the texts that stop an answer, but for blank ones', () => {
    expect(body({ stop: ['END', '\n', 'a\ud83d'] }).stop_sequences).toEqual(['END', 'a\ufffd']);
    expect(body({ stop: [' '] })).not.toHaveProperty('stop_sequences');
  });

  it('leave out what Anthropic has no setting for', () => {
    const asked = body({ seed: 1, frequencyPenalty: 1, presencePenalty: 1 });
    expect(asked).toEqual(body());
  });
});

describe('the tools of a request', () => {
  const parameters = {
    type: 'object',
    properties: { city: { type: 'string', minLength: 1 } },
    required: ['city'],
  };
  const tools = [{ name: 'weather', description: 'Says the weather.', parameters }];

  it('have a schema of their input', () => {
    expect(body({ tools }).tools).toEqual([
      { name: 'weather', description: 'Says the weather.', input_schema: parameters },
    ]);
    expect(body({ tools: [{ name: 'now', parameters: {} }] }).tools).toEqual([
      { name: 'now', input_schema: { type: 'object' } },
    ]);
  });

  it('are strict where the model can be, with the part of the schema that can be enforced', () => {
    const strict = [{ ...tools[0]!, strict: true }];
    const [tool] = body({ tools: strict }).tools ?? [];
    expect(tool).toMatchObject({
      strict: true,
      input_schema: { type: 'object', additionalProperties: false },
    });
    expect(JSON.stringify(tool)).not.toContain('"minLength":1');
    expect(body({ tools: strict, model: 'claude-3-5-haiku-latest' }).tools?.[0]).not.toHaveProperty('strict');
  });

  it.each([
    [{}, undefined],
    [{ toolChoice: 'auto' }, { type: 'auto' }],
    [{ toolChoice: 'none' }, { type: 'none' }],
    [{ toolChoice: 'required' }, { type: 'any' }],
    [{ toolChoice: { name: 'weather' } }, { type: 'tool', name: 'weather' }],
    [{ parallelToolCalls: false }, { type: 'auto', disable_parallel_tool_use: true }],
    [
      { toolChoice: 'required', parallelToolCalls: false },
      { type: 'any', disable_parallel_tool_use: true },
    ],
    [{ toolChoice: 'none', parallelToolCalls: false }, { type: 'none' }],
    [{ toolChoice: 'auto', parallelToolCalls: true }, { type: 'auto' }],
  ] as const)('are chosen by %j as %j', (asked, expected) => {
    expect(body({ tools, ...asked }).tool_choice).toEqual(expected);
  });

  it('are asked for in words where a model cannot be made to call them', () => {
    const model = 'claude-sonnet-5-5';
    const required = body({ model, tools, toolChoice: 'required' });
    expect(required.tool_choice).toEqual({ type: 'auto' });
    expect(required.system).toContain('at least one of the tools');
    expect(body({ model, tools, toolChoice: { name: 'weather' } }).system).toContain('the tool weather');
    expect(body({ model, tools, toolChoice: 'auto' })).not.toHaveProperty('system');
  });

  it('are not chosen where there are none', () => {
    expect(body({ toolChoice: 'required', tools: [] })).not.toHaveProperty('tool_choice');
  });
});

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 3 } }, required: ['n'] };
  const responseFormat = { type: 'json_schema', name: 'number', schema, strict: true } as const;

  it('is a schema where the model can be held to it', () => {
    const { output_config: config, system } = body({ responseFormat });
    expect(config?.format).toMatchObject({
      type: 'json_schema',
      schema: { type: 'object', additionalProperties: false, required: ['n'] },
    });
    expect(system).toBeUndefined();
  });

  it('is asked for in words where it cannot, after what the system says', () => {
    const messages: ModelMessage[] = [{ role: 'system', content: 'Be brief.' }, user('go')];
    const asked = body({ model: 'claude-3-5-haiku-latest', messages, responseFormat });
    expect(asked).not.toHaveProperty('output_config');
    expect(asked.system).toMatch(/^Be brief\.\n\n.*JSON/s);
    expect(asked.system).toContain('"minimum":3');
    expect(body({ responseFormat: { type: 'json_object' } }).system).toContain('JSON object');
  });

  it('is asked for in words when the schema is one that cannot be enforced', () => {
    const asked = body({ responseFormat: { type: 'json_schema', name: 'any', schema: {} } });
    expect(asked).not.toHaveProperty('output_config');
    expect(asked.system).toContain('JSON Schema');
  });
});

describe('thinking', () => {
  const tools = [{ name: 'find', parameters: {} }];

  it.each([
    ['minimal', 1_024],
    ['low', 2_048],
    ['medium', 8_192],
    ['high', 24_576],
  ] as const)('has a budget for %s effort, and no temperature with it', (reasoningEffort, budget_tokens) => {
    const asked = body({ reasoningEffort, temperature: 0.3, topP: 0.3 });
    expect(asked.thinking).toEqual({ type: 'enabled', budget_tokens });
    expect(asked).not.toHaveProperty('temperature');
    expect(asked).not.toHaveProperty('top_p');
  });

  it('leaves half of the limit to the answer, and is left out when that is too little', () => {
    expect(body({ reasoningEffort: 'high', maxTokens: 4_000 }).thinking).toMatchObject({
      budget_tokens: 2_000,
    });
    const short = body({ reasoningEffort: 'high', maxTokens: 2_000, temperature: 0.3 });
    expect(short).not.toHaveProperty('thinking');
    expect(short.temperature).toBe(0.3);
  });

  it('is left to newer models, which are told how hard and to show it', () => {
    const asked = body({ model: 'claude-opus-4-7', reasoningEffort: 'minimal' });
    expect(asked.thinking).toEqual({ type: 'adaptive', display: 'summarized' });
    expect(asked.output_config).toEqual({ effort: 'low' });
    expect(body({ model: 'claude-opus-4-7' })).not.toHaveProperty('thinking');
  });

  it('is shown by models that think unasked', () => {
    const asked = body({ model: 'claude-sonnet-5-5' });
    expect(asked.thinking).toEqual({ type: 'adaptive', display: 'summarized' });
    expect(asked).not.toHaveProperty('output_config');
  });

  it('does not take the room of a short answer, unless it was asked for', () => {
    const short = (model: string) => body({ model, maxTokens: 50 });
    expect(short('claude-sonnet-5-5').thinking).toEqual({ type: 'between_tools' });
    for (const model of ['claude-sonnet-5', 'claude-opus-5', 'claude-haiku-5-5']) {
      expect(short(model).thinking).toEqual({ type: 'disabled' });
    }
    for (const model of ['claude-opus-5-5', 'claude-fable-5-1']) {
      expect(short(model)).not.toHaveProperty('thinking');
      expect(short(model).output_config).toEqual({ effort: 'low' });
    }
    const asked = body({ model: 'claude-sonnet-5-5', maxTokens: 50, reasoningEffort: 'high' });
    expect(asked.thinking).toMatchObject({ type: 'adaptive' });
    expect(short('claude-opus-4-6')).not.toHaveProperty('thinking');
  });

  it('does not meet a tool that has to be called', () => {
    const forced = { tools, toolChoice: 'required', reasoningEffort: 'high' } as const;
    expect(body(forced)).not.toHaveProperty('thinking');
    const adaptive = body({ ...forced, model: 'claude-opus-4-6' });
    expect(adaptive).not.toHaveProperty('thinking');
    expect(adaptive.output_config).toEqual({ effort: 'high' });
  });

  it('stops for the answer to a tool where thoughts would have to be given back signed', () => {
    const messages = [user('go'), assistant('', 'a'), result('a', 'ok')];
    expect(body({ messages, tools, reasoningEffort: 'high' })).not.toHaveProperty('thinking');
    const thought = { type: 'thinking', thinking: 'So', signature: 'signed' };
    const signed = messages.map((message): ModelMessage =>
      message.role === 'assistant'
        ? { ...message, metadata: { provider: 'claude', model: 'any', reasoning: [thought] } }
        : message,
    );
    const again = body({ messages: signed, tools, reasoningEffort: 'high' });
    expect(again.thinking).toMatchObject({ type: 'enabled' });
    expect(again.messages.find(({ role }) => role === 'assistant')?.content).toMatchObject([
      thought,
      { type: 'tool_use' },
    ]);
    // It is sent nowhere but to a model that is to think.
    expect(JSON.stringify(body({ messages: signed, tools }))).not.toContain('signed');
    expect(body({ messages: [...messages, user('and?')], tools, reasoningEffort: 'high' })).toHaveProperty(
      'thinking',
    );
    expect(body({ model: 'claude-opus-4-6', messages, tools, reasoningEffort: 'high' })).toHaveProperty(
      'thinking',
    );
  });

  it('is for models that can: by their generation, or as their facts say', () => {
    expect(body({ model: 'claude-3-5-haiku-latest', reasoningEffort: 'high' })).not.toHaveProperty(
      'thinking',
    );
    expect(body({ model: 'somebody-elses', reasoningEffort: 'high' })).not.toHaveProperty('thinking');
    const thinks = { id: 'somebody-elses', capabilities: { reasoning: true } };
    expect(body({ model: thinks.id, reasoningEffort: 'high' }, thinks).thinking).toMatchObject({
      type: 'enabled',
    });
    const cannot = { id: 'claude-haiku-4-5', capabilities: { reasoning: false } };
    expect(body({ reasoningEffort: 'high' }, cannot)).not.toHaveProperty('thinking');
  });
});
