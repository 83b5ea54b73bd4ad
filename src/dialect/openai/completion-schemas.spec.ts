import { questionOf } from './completion-question.js';
import { completionBody } from './completion-schemas.js';
import { embeddingBody } from './embedding-schemas.js';

const minimal = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
const tool = (name: string) => ({ type: 'function', function: { name } });
const ours = (name: string) => ({ type: 'threadline', name });

const NEITHER = 'input: is neither a text nor its tokens, nor a list of 1 to 2048 of them';

/** Where and why a body is refused. */
const issues = (body: unknown, schema: typeof completionBody | typeof embeddingBody = completionBody) =>
  (schema.safeParse(body).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the body of a completion', () => {
  it('needs a model and a message', () => {
    expect(issues(minimal)).toEqual([]);
    expect(issues({ messages: minimal.messages })).toHaveLength(1);
    expect(issues({ model: 'm' })).toHaveLength(1);
    expect(issues({ model: 'm', messages: [] })).toEqual(['messages: is empty']);
  });

  it('may have null wherever a field may be absent', () => {
    const optional = Object.keys(completionBody.shape).filter((name) => !(name in minimal));
    const nulls = Object.fromEntries(optional.map((name) => [name, null]));
    expect(issues({ ...minimal, ...nulls })).toEqual([]);
  });

  it.each([
    [{ temperature: 2.1 }, 'temperature'],
    [{ temperature: '1' }, 'temperature'],
    [{ top_p: -0.1 }, 'top_p'],
    [{ n: 2 }, 'n'],
    [{ n: 0 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    [{ stop: Array.from({ length: 17 }, () => 'x') }, 'stop'],
    [{ stop: [1] }, 'stop'],
    [{ seed: 0.5 }, 'seed'],
    [{ presence_penalty: 3 }, 'presence_penalty'],
    [{ logprobs: true }, 'logprobs'],
    [{ top_logprobs: 3 }, 'top_logprobs'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ functions: [{ name: 'f' }] }, 'functions'],
    [{ function_call: 'auto' }, 'function_call'],
    [{ web_search_options: {} }, 'web_search_options'],
    [{ reasoning_effort: 'enormous' }, 'reasoning_effort'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools.0.type'],
    [{ tools: Array.from({ length: 129 }, (_, index) => tool(`t${index}`)) }, 'tools'],
    [{ tools: [tool('a'), tool('a')] }, 'tools'],
    [{ tools: [tool('a'), ours('a')] }, 'tools'],
    [{ tools: [{ type: 'threadline' }] }, 'tools.0.name'],
    [{ tools: [ours('x'.repeat(129))] }, 'tools.0.name'],
    [{ tools: [ours('a')], tool_choice: ours('b') }, 'tool_choice'],
    [
      { tools: [{ ...tool('a'), function: { name: 'a', parameters: { x: 'y'.repeat(70_000) } } }] },
      'tools.0.function.parameters',
    ],
    [{ tools: [tool('a')], tool_choice: tool('b') }, 'tool_choice'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tool_choice: 'perhaps' }, 'tool_choice'],
    [{ model: '' }, 'model'],
    [{ model: 'x'.repeat(301) }, 'model'],
    [{ messages: Array.from({ length: 2_001 }, () => minimal.messages[0]) }, 'messages'],
  ])('is refused where it asks for what is not to be had (%#)', (change, path) => {
    const found = issues({ ...minimal, ...change });
    expect(found.map((issue) => issue.split(': ')[0])).toContain(path);
  });

  it('may name tools of the server, and choose one by either kind of name', () => {
    const tools = [tool('a'), ours('b')];
    for (const choice of [ours('b'), tool('b'), tool('a'), 'required'])
      expect(issues({ ...minimal, tools, tool_choice: choice })).toEqual([]);
  });

  it('may have calls that this server made, or any other', () => {
    const call = { index: 0, id: 'c', type: 'threadline', name: 'a', arguments: '{}', output: 'A', ok: true };
    const foreign = { index: 1, type: 'search', arguments: '{}', search_results: {} };
    const message = { role: 'assistant', content: 'Hi', executed_tools: [call, foreign] };
    const body = completionBody.parse({ ...minimal, messages: [message] });
    expect(questionOf(body).messages).toEqual([
      { role: 'assistant', content: '', toolCalls: [{ id: 'c', name: 'a', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'c', content: 'A' },
      { role: 'assistant', content: 'Hi' },
    ]);
    const many = { ...message, executed_tools: Array.from({ length: 1_025 }, () => foreign) };
    expect(issues({ ...minimal, messages: [many] })).toEqual([
      'messages.0.executed_tools: has more than 1024 calls',
    ]);
  });

  it.each([
    [
      { role: 'function', name: 'f', content: 'x' },
      'role: is not system, developer, user, assistant or tool',
    ],
    [
      { role: 'user' },
      'content: is neither a text nor a list of 1 to 256 parts of the type text or image_url',
    ],
    [{ role: 'user', content: [{ type: 'text' }] }, 'content: is neither'],
    [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }, 'content: is neither'],
    [{ role: 'user', content: 'half \ud800 a character' }, 'content: holds U+0000 or half'],
    [{ role: 'tool', content: 'x' }, 'tool_call_id'],
    [
      { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: {} }] },
      'tool_calls.0.type: is not function',
    ],
  ])('is refused with the message %j', (message, issue) => {
    expect(issues({ ...minimal, messages: [message] }).join('\n')).toContain(`messages.0.${issue}`);
  });

  it.each([
    ['https://example.org/cat.png', true],
    ['data:image/png;base64,AAAA', true],
    ['http://example.org/cat.png', false],
    ['file:///etc/passwd', false],
    ['data:text/html;base64,AAAA', false],
    [`https://example.org/${'x'.repeat(9_000)}`, false],
  ])('may have a picture at an address that is safe to hand on (%#)', (url, isFine) => {
    const content = [{ type: 'image_url', image_url: { url, detail: 'low' } }];
    expect(issues({ ...minimal, messages: [{ role: 'user', content }] }).length === 0).toBe(isFine);
  });

  it.each([
    ['https://169.254.169.254/latest/meta-data/', 'is an address that is not public'],
    ['https://0x7f000001/a.png', 'is an address that is not public'],
    ['https://[::ffff:10.0.0.1]/a.png', 'is an address that is not public'],
    ['https://printer.local/a.png', 'is a name that is not public'],
    ['https://me:secret@example.org/a.png', 'has a name or a password in it'],
    ['http://example.org/a.png', 'is no https: address'],
  ])('is told what is wrong with the address of a picture: %s', (url, words) => {
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url } },
    ];
    expect(issues({ ...minimal, messages: [{ role: 'user', content }] })).toEqual([
      `messages.0.content.1.image_url.url: ${words}`,
    ]);
  });
});

describe('the body of a request for vectors', () => {
  it.each([
    ['a text', 'Hi', []],
    ['texts', ['Hi', 'you'], []],
    ['tokens', [1, 2], []],
    ['no tokens at all', [[]], ['input.0: Too small: expected array to have >=1 items']],
    ['what is no token', [1.5], [NEITHER]],
    ['a mixture', ['x', [1]], [NEITHER]],
    ['lists of tokens', [[1], [2]], []],
    ['an empty text', '', ['input: is empty']],
    ['no texts', [], [NEITHER]],
    ['an empty text among others', ['a', ''], ['input.1: is empty']],
    ['too many texts', Array.from({ length: 2_049 }, () => 'x'), [NEITHER]],
  ])('may have an input only if that is text or tokens: %s', (_name, input, expected) => {
    expect(issues({ model: 'm', input }, embeddingBody)).toEqual(expected);
  });
});
