import { newId } from '../../src/kernel/index.js';
import type { ToolSuspension } from '../../src/tool/index.js';
import { saying, type StandInTool } from '../doubles/mcp-stand-in.js';
import { newUser } from '../support/callers.js';
import { accepted, askedBy as asked, goOn, outcomeOf, textOf } from '../support/mcp-calls.js';
import { mcpHosts, targetOf } from '../support/mcp-hosts.js';
import { booking, bookingOpen, FORM, STATE } from '../support/mcp-questions.js';
import { contextOf } from '../support/tools.js';

const { standInOf, newHost, toolsOf } = mcpHosts();
const ARGS = { name: 'Ada' };

describe('a server of the newer era that asks in the middle of a call', () => {
  it('is answered from another process, with its state byte for byte', async () => {
    const standIn = await standInOf({ tools: { booking } });
    const user = newUser();
    const { named } = await toolsOf(standIn, newHost(), user);
    const context = contextOf({ caller: user });
    const suspended = await asked(named('booking'), context);
    expect(suspended.asks).toEqual([
      {
        ...{ key: 'where', kind: 'elicitation', mode: 'form', prompt: 'Which table?', answerMs: 86_400_000 },
        schema: { ...FORM.requestedSchema, additionalProperties: false },
      },
    ]);
    expect(suspended.state).not.toContain('quoted');
    const stored = JSON.parse(JSON.stringify(suspended)) as ToolSuspension;
    const elsewhere = await toolsOf(standIn, newHost(), user);
    const output = await goOn(
      elsewhere.named('booking'),
      context,
      stored,
      accepted('where', { table: 'by the window' }),
    );
    expect(textOf(output)).toEqual([{ type: 'text', text: 'Ada: accept {"table":"by the window"}' }]);
    const [, second] = standIn.of('tools/call');
    expect(second!.params).toMatchObject({
      name: 'booking',
      arguments: ARGS,
      requestState: STATE,
      inputResponses: { where: { action: 'accept', content: { table: 'by the window' } } },
    });
    expect(standIn.of('tools/call')).toHaveLength(2);
  });

  it.each([
    ['declined', 'decline'],
    ['cancelled', 'cancel'],
    ['expired', 'cancel'],
  ] as const)('hears that its question was %s', async (outcome, action) => {
    const { named } = await toolsOf(await standInOf({ tools: { booking } }));
    const context = contextOf();
    const suspended = await asked(named('booking'), context);
    const output = await goOn(named('booking'), context, suspended, { where: { outcome, content: null } });
    expect(textOf(output)).toEqual([{ type: 'text', text: `Ada: ${action} null` }]);
  });

  it('goes on for this call of this person alone', async () => {
    const standIn = await standInOf({ tools: { booking } });
    const host = newHost();
    const user = newUser();
    const { named } = await toolsOf(standIn, host, user);
    const context = contextOf({ caller: user });
    const suspended = await asked(named('booking'), context);
    const [theirs] = await host.tools(newUser(), targetOf(standIn));
    for (const [tool, other] of [
      [named('booking'), { ...context, callId: newId() }],
      [named('booking'), { ...context, turnId: newId() }],
      [theirs!, context],
    ] as const) {
      const output = await goOn(tool, other, suspended, accepted('where', { table: '1' }));
      expect(output).toMatchObject({
        ok: false,
        parts: [{ text: expect.stringContaining('is lost') as string }],
      });
    }
    expect(standIn.of('tools/call')).toHaveLength(1);
  });

  it('may have an address opened, which is shown whole and fetched by nobody', async () => {
    const other = await standInOf({});
    const url = `${other.url}/consent?state=a%20b`;
    const params = { mode: 'url', message: 'Sign in', url, elicitationId: '1' };
    const signing: StandInTool = {
      call: ({ params: given }) =>
        given['inputResponses'] === undefined
          ? { resultType: 'input_required', inputRequests: { it: { method: 'elicitation/create', params } } }
          : saying(JSON.stringify(given['inputResponses'])),
    };
    const { named } = await toolsOf(await standInOf({ tools: { signing } }));
    const context = contextOf();
    const suspended = await asked(named('signing'), context);
    expect(suspended.asks).toEqual([
      expect.objectContaining({ mode: 'url', url, schema: null, prompt: 'Sign in' }),
    ]);
    const output = await goOn(named('signing'), context, suspended, accepted('it', null));
    expect(textOf(output)).toEqual([{ type: 'text', text: '{"it":{"action":"accept"}}' }]);
    expect(other.received).toEqual([]);
  });

  const asking = (request: object, more: object = {}): StandInTool => ({
    call: () => ({ resultType: 'input_required', inputRequests: { it: request }, ...more }),
  });
  const form = (properties: object) => ({
    method: 'elicitation/create',
    params: { message: 'x', requestedSchema: { type: 'object', properties } },
  });
  it.each<[string, StandInTool, RegExp]>([
    ['for a model’s answer', asking({ method: 'sampling/createMessage', params: {} }), /not offered/],
    [
      'for an address that is none',
      asking({
        method: 'elicitation/create',
        params: { mode: 'url', message: 'x', url: 'javascript:alert(1)' },
      }),
      /none of the web/,
    ],
    ['with a form in a form', asking(form({ a: { type: 'object', properties: {} } })), /cannot be shown/],
    [
      'with a state of megabytes',
      asking(form({}), { requestState: 'x'.repeat(100_000) }),
      /more than can be kept/,
    ],
  ])('is told so in words when it asks %s', async (_what, tool, words) => {
    const { named } = await toolsOf(await standInOf({ tools: { tool } }));
    const output = await outcomeOf(named('tool'), contextOf());
    expect(output).toMatchObject({ ok: false, parts: [{ text: expect.stringMatching(words) as string }] });
  });

  it('asks with nothing in its form that could hold up whoever checks the answer', async () => {
    const evil = {
      type: 'string',
      pattern: '^(a+)+$',
      $ref: 'https://evil.example',
      format: 'regex',
      title: 'A',
    };
    const { named } = await toolsOf(await standInOf({ tools: { tool: asking(form({ evil })) } }));
    const { asks } = await asked(named('tool'), contextOf());
    expect(asks[0]!.schema).toMatchObject({ properties: { evil: { type: 'string', title: 'A' } } });
    expect(JSON.stringify(asks[0]!.schema)).not.toMatch(/pattern|\$ref|regex/);
  });

  it('asks nobody where there is no thread to wait in', async () => {
    const { named } = await toolsOf(await standInOf({ tools: { booking } }));
    const output = await outcomeOf(named('booking'), { ...contextOf(), threadId: undefined });
    expect(output).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringContaining('nobody is asked here') as string }],
    });
  });

  it('is asked again where it has no question and is not done', async () => {
    const slow: StandInTool = {
      call: ({ params }) =>
        params['requestState'] === 'later'
          ? saying('done')
          : { resultType: 'input_required', requestState: 'later' },
    };
    const { named } = await toolsOf(await standInOf({ tools: { slow } }));
    expect(textOf(await outcomeOf(named('slow'), contextOf()))).toEqual([{ type: 'text', text: 'done' }]);
  });
});

describe('a server of the older era that asks in the middle of a call', () => {
  it('is answered over the connection, while that is there', async () => {
    const standIn = await standInOf({ era: 'legacy', tools: { bookingOpen } });
    const { named } = await toolsOf(standIn);
    const context = contextOf();
    const suspended = await asked(named('bookingOpen'), context);
    expect(suspended.asks).toEqual([expect.objectContaining({ mode: 'form', prompt: 'Which table?' })]);
    const key = suspended.asks[0]!.key;
    const output = await goOn(named('bookingOpen'), context, suspended, accepted(key, { table: '7' }));
    expect(textOf(output)).toEqual([{ type: 'text', text: 'Ada: accept {"table":"7"}' }]);
    expect(standIn.of('tools/call')).toHaveLength(1);
  });

  it('has its question lost with the connection, and it is said so', async () => {
    const standIn = await standInOf({ era: 'legacy', tools: { bookingOpen } });
    const user = newUser();
    const { named } = await toolsOf(standIn, newHost(), user);
    const context = contextOf({ caller: user });
    const suspended = await asked(named('bookingOpen'), context);
    const elsewhere = await toolsOf(standIn, newHost(), user);
    const answers = accepted(suspended.asks[0]!.key, { table: '7' });
    const output = await goOn(elsewhere.named('bookingOpen'), context, suspended, answers);
    expect(output).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringContaining('is lost') as string }],
    });
    expect(standIn.of('tools/call')).toHaveLength(1);
  });

  it('is answered what each of its calls asks, while several are open', async () => {
    const both = Promise.withResolvers<void>();
    const slow: StandInTool = {
      call: async ({ args, ask, progress }) => {
        // The one that was called last asks first.
        if (args['name'] === 'Ada') await both.promise;
        else progress(1);
        const question = { ...FORM, message: `A table for ${String(args['name'])}?` };
        const asking = ask('elicitation/create', question);
        if (args['name'] !== 'Ada') both.resolve();
        const { content } = await asking;
        return saying(`${String(args['name'])}: ${JSON.stringify(content)}`);
      },
    };
    const { named } = await toolsOf(await standInOf({ era: 'legacy', tools: { slow } }));
    const contexts = ['Ada', 'Eve'].map((name) => ({ name, context: contextOf() }));
    const suspended = await Promise.all(
      contexts.map(({ name, context }) => asked(named('slow'), context, { name })),
    );
    for (const [index, { name, context }] of contexts.entries()) {
      const [question] = suspended[index]!.asks;
      expect(question!.prompt).toBe(`A table for ${name}?`);
      const output = await goOn(
        named('slow'),
        context,
        suspended[index]!,
        accepted(question!.key, { table: name }),
      );
      expect(textOf(output)).toEqual([{ type: 'text', text: `${name}: {"table":"${name}"}` }]);
    }
  });

  it('is answered one question after the other that one call asks at once', async () => {
    const twice: StandInTool = {
      call: async ({ ask }) => {
        const asking = ['first', 'second'].map((message) => ask('elicitation/create', { ...FORM, message }));
        const answers = await Promise.all(asking);
        return saying(JSON.stringify(answers.map(({ content }) => content)));
      },
    };
    const { named } = await toolsOf(await standInOf({ era: 'legacy', tools: { twice } }));
    const context = contextOf();
    const first = await asked(named('twice'), context);
    expect(first.asks[0]!.prompt).toBe('first');
    const second = await goOn(named('twice'), context, first, accepted(first.asks[0]!.key, { table: '1' }));
    expect((second as ToolSuspension).asks[0]!.prompt).toBe('second');
    const output = await goOn(
      named('twice'),
      context,
      second as ToolSuspension,
      accepted(first.asks[0]!.key, { table: '2' }),
    );
    expect(textOf(output)).toEqual([{ type: 'text', text: '[{"table":"1"},{"table":"2"}]' }]);
  });
});
