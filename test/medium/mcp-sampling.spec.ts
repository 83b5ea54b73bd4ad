import { AppError } from '../../src/kernel/index.js';
import type { ModelSampler, SamplingRequest } from '../../src/tool/ports/model-sampler.js';
import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';
import { saying, type StandInTool } from '../doubles/mcp-stand-in.js';
import { newUser } from '../support/callers.js';
import { accepted, askedBy, goOn, outcomeOf, textOf } from '../support/mcp-calls.js';
import { mcpHosts } from '../support/mcp-hosts.js';
import { STATE } from '../support/mcp-questions.js';
import { contextOf } from '../support/tools.js';

const { standInOf, newHost, toolsOf } = mcpHosts();

const MAY: Partial<ServerTarget> = { maySample: true };
const text = (words: string) => ({ type: 'text', text: words });
const PARAMS = {
  messages: [{ role: 'user', content: text('Sum it up.') }],
  ...{ systemPrompt: 'Be short.', maxTokens: 100, temperature: 0.5, stopSequences: ['END'] },
};
const requestOf = (params: object = {}) => ({
  method: 'sampling/createMessage',
  params: { ...PARAMS, ...params },
});

/** Wants a model to be asked before it answers, in the newer era; so many times. */
const wanting = (request: object = requestOf(), times = 1): StandInTool => {
  let asked = 0;
  return {
    call: ({ params }) => {
      if (params['inputResponses'] !== undefined && (asked += 1) >= times)
        return saying(JSON.stringify(params['inputResponses']));
      return { resultType: 'input_required', inputRequests: { it: request }, requestState: STATE };
    },
  };
};
const wantingOpen: StandInTool = {
  call: async ({ ask }) => saying(JSON.stringify(await ask('sampling/createMessage', PARAMS))),
};

/** Notes what models are asked, and answers it. */
function modelOf(answer = (): Promise<string> => Promise.resolve('In short.')) {
  const asked: SamplingRequest[] = [];
  const sampler: ModelSampler = {
    async sample(request) {
      asked.push(request);
      return { model: 'some-model', text: await answer(), isCut: false };
    },
  };
  return { asked, sampler };
}
const ANSWER = { role: 'assistant', content: text('In short.'), model: 'some-model', stopReason: 'endTurn' };

describe('a server of the newer era that wants a model to be asked', () => {
  it('is not told that it may, and does not get it, unless the operator says so', async () => {
    const standIn = await standInOf({ tools: { wanting: wanting() } });
    const { named } = await toolsOf(standIn);
    expect(await outcomeOf(named('wanting'), contextOf())).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringMatching(/not offered/) as string }],
    });
    const [{ params }] = standIn.of('tools/call') as [(typeof standIn.received)[number]];
    expect(JSON.stringify(params['_meta'])).not.toContain('sampling');
  });

  it('has a person agree to it first, and is given the answer in another process with its state', async () => {
    const standIn = await standInOf({ tools: { wanting: wanting() } });
    const user = newUser();
    const { named } = await toolsOf(standIn, newHost(), user, MAY);
    const context = contextOf({ caller: user });
    const suspended = await askedBy(named('wanting'), context);
    expect(suspended.asks).toMatchObject([
      { key: 'it', kind: 'sampling', schema: null, answerMs: 86_400_000 },
    ]);
    for (const shown of ['stand_in', '100 tokens', 'Instructions:\nBe short.', 'User:\nSum it up.'])
      expect(suspended.asks[0]!.prompt).toContain(shown);
    const { sampler, asked } = modelOf();
    const elsewhere = await toolsOf(standIn, newHost({}, sampler), user, MAY);
    const output = await goOn(elsewhere.named('wanting'), context, suspended, accepted('it', null));
    expect(textOf(output)).toEqual([{ type: 'text', text: JSON.stringify({ it: ANSWER }) }]);
    expect(asked).toEqual([
      {
        ...{ system: 'Be short.', messages: [{ role: 'user', text: 'Sum it up.' }] },
        ...{ maxTokens: 100, temperature: 0.5, stop: ['END'] },
      },
    ]);
    expect(standIn.of('tools/call')[1]!.params['requestState']).toBe(STATE);
    expect(standIn.of('tools/call')).toHaveLength(2);
  });

  it.each(['declined', 'cancelled', 'expired'] as const)(
    'does not get it when it is %s, and the model is told so',
    async (outcome) => {
      const standIn = await standInOf({ tools: { wanting: wanting() } });
      const { named } = await toolsOf(standIn, newHost(), newUser(), MAY);
      const context = contextOf();
      const suspended = await askedBy(named('wanting'), context);
      const output = await goOn(named('wanting'), context, suspended, { it: { outcome, content: null } });
      expect(output).toMatchObject({
        ok: false,
        parts: [{ text: expect.stringMatching(/has not finished the call.*model to be asked/) as string }],
      });
      expect(standIn.of('tools/call')).toHaveLength(1);
    },
  );

  it('is told nothing of why a model could not be asked, which the model of the turn is', async () => {
    const failing = modelOf(() => Promise.reject(new AppError('PROVIDER_UNAVAILABLE', 'It is not there.')));
    const standIn = await standInOf({ tools: { wanting: wanting() } });
    const { named } = await toolsOf(standIn, newHost({}, failing.sampler), newUser(), MAY);
    const context = contextOf();
    const suspended = await askedBy(named('wanting'), context);
    const output = await goOn(named('wanting'), context, suspended, accepted('it', null));
    expect(output).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringContaining('which failed. It is not there.') as string }],
    });
    expect(standIn.of('tools/call')).toHaveLength(1);
  });

  it('has no more asked than five times a call', async () => {
    const { sampler, asked } = modelOf();
    const standIn = await standInOf({ tools: { wanting: wanting(requestOf(), 100) } });
    const { named } = await toolsOf(standIn, newHost({}, sampler), newUser(), MAY);
    const context = contextOf();
    let outcome = await outcomeOf(named('wanting'), context);
    for (let times = 0; times < 10 && 'asks' in outcome; times += 1)
      outcome = await goOn(named('wanting'), context, outcome, accepted('it', null));
    expect(outcome).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringMatching(/5 times/) as string }],
    });
    expect(asked).toHaveLength(5);
  });

  it('has answers of no more tokens than are set for it', async () => {
    const { sampler, asked } = modelOf();
    const standIn = await standInOf({ tools: { wanting: wanting(requestOf({ maxTokens: 1e9 })) } });
    const { named } = await toolsOf(standIn, newHost({}, sampler), newUser(), MAY);
    const context = contextOf();
    const suspended = await askedBy(named('wanting'), context);
    await goOn(named('wanting'), context, suspended, accepted('it', null));
    expect(asked[0]!.maxTokens).toBe(4_096);
  });

  it.each([
    [
      'that is no text',
      { messages: [{ role: 'user', content: { type: 'image', data: '', mimeType: 'image/png' } }] },
      /no text/,
    ],
    ['with tools', { tools: [] }, /tools, which is not offered/],
    [
      'of a length that nobody reads',
      { messages: [{ role: 'user', content: text('x'.repeat(30_000)) }] },
      /more than 20000/,
    ],
    ['without a message', { messages: [] }, /1 to 50 messages/],
  ])('is told in words that nothing is asked %s', async (_what, params, words) => {
    const standIn = await standInOf({ tools: { wanting: wanting(requestOf(params)) } });
    const { named } = await toolsOf(standIn, newHost(), newUser(), MAY);
    const output = await outcomeOf(named('wanting'), contextOf());
    expect(output).toMatchObject({ ok: false, parts: [{ text: expect.stringMatching(words) as string }] });
  });
});

describe('a server of the older era that wants a model to be asked', () => {
  it('is given the answer over the connection, when a person agrees', async () => {
    const { sampler, asked } = modelOf();
    const standIn = await standInOf({ era: 'legacy', tools: { wantingOpen } });
    const { named } = await toolsOf(standIn, newHost({}, sampler), newUser(), MAY);
    const context = contextOf();
    const suspended = await askedBy(named('wantingOpen'), context);
    expect([suspended.asks[0]!.kind, asked]).toEqual(['sampling', []]);
    const output = await goOn(
      named('wantingOpen'),
      context,
      suspended,
      accepted(suspended.asks[0]!.key, null),
    );
    expect(JSON.parse((textOf(output)[0] as { text: string }).text)).toEqual(ANSWER);
    expect(standIn.of('tools/call')).toHaveLength(1);
  });

  it('hears that the user does not want it, and goes on', async () => {
    const standIn = await standInOf({ era: 'legacy', tools: { wantingOpen } });
    const { named } = await toolsOf(standIn, newHost(), newUser(), MAY);
    const context = contextOf();
    const suspended = await askedBy(named('wantingOpen'), context);
    const key = suspended.asks[0]!.key;
    const output = await goOn(named('wantingOpen'), context, suspended, {
      [key]: { outcome: 'declined', content: null },
    });
    expect(JSON.parse((textOf(output)[0] as { text: string }).text)).toMatchObject({ error: { code: -1 } });
  });

  it('has its request lost with the connection, and no model is asked', async () => {
    const standIn = await standInOf({ era: 'legacy', tools: { wantingOpen } });
    const user = newUser();
    const { named } = await toolsOf(standIn, newHost(), user, MAY);
    const context = contextOf({ caller: user });
    const suspended = await askedBy(named('wantingOpen'), context);
    const elsewhere = await toolsOf(standIn, newHost(), user, MAY);
    const answers = accepted(suspended.asks[0]!.key, null);
    const output = await goOn(elsewhere.named('wantingOpen'), context, suspended, answers);
    expect(output).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringContaining('is lost') as string }],
    });
  });
});

describe('a server that wants to know its folders', () => {
  const ROOTS: Partial<ServerTarget> = { roots: ['file:///data', 'file:///more'] };
  const told = { roots: [{ uri: 'file:///data' }, { uri: 'file:///more' }] };
  const listing: StandInTool = {
    call: async ({ ask }) => saying(JSON.stringify(await ask('roots/list', {}))),
  };

  it('is told them without anybody being asked', async () => {
    const modern = await standInOf({ tools: { it: wanting({ method: 'roots/list' }) } });
    const legacy = await standInOf({ era: 'legacy', tools: { it: listing } });
    for (const [standIn, answer] of [
      [modern, { it: told }],
      [legacy, told],
    ] as const) {
      const { named } = await toolsOf(standIn, newHost(), newUser(), ROOTS);
      const output = await outcomeOf(named('it'), contextOf());
      expect(JSON.parse((textOf(output)[0] as { text: string }).text)).toEqual(answer);
    }
  });

  it('is not told of any where the operator has named none', async () => {
    const standIn = await standInOf({ tools: { it: wanting({ method: 'roots/list' }) } });
    const { named } = await toolsOf(standIn);
    expect(await outcomeOf(named('it'), contextOf())).toMatchObject({ ok: false });
    expect(JSON.stringify(standIn.of('tools/call')[0]!.params['_meta'])).not.toContain('roots');
  });
});
