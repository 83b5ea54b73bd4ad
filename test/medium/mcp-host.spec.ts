import { setTimeout as pause } from 'node:timers/promises';
import type { Tool } from '../../src/tool/ports/tool.js';
import { callOf, describeTool } from '../contracts/tool.contract.js';
import { describeToolServers } from '../contracts/tool-servers.contract.js';
import { McpStandIn, saying, type StandInTool } from '../doubles/mcp-stand-in.js';
import { echo, mcpHosts, targetOf } from '../support/mcp-hosts.js';
import { until } from '../support/until.js';

const { standInOf, newHost, toolsOf } = mcpHosts();

const ERAS = ['modern', 'legacy'] as const;

describe.each(ERAS)('the %s era', (era) => {
  let standIn: McpStandIn;
  let tools: readonly Tool[];
  beforeEach(async () => {
    const fails: StandInTool = { call: () => saying('No.', { isError: true }) };
    const hangs: StandInTool = {
      call: async ({ cancelled }) => {
        await cancelled;
        return saying('too late');
      },
    };
    const it: StandInTool = {
      inputSchema: {
        type: 'object',
        properties: { what: { type: 'string' } },
        additionalProperties: false,
      },
      call: async (call) => {
        const { what } = call.args;
        return (what === 'fail' ? fails : what === 'hang' ? hangs : echo).call(call);
      },
    };
    const offers = {
      resources: [{ uri: 'a://1', name: 'one', text: 'In it.' }],
      prompts: [{ name: 'greet', says: 'Hello, ' }],
    };
    standIn = await standInOf({ era, tools: { it }, ...offers });
    ({ tools } = await toolsOf(standIn));
  });

  describeTool('of an MCP server', () => ({
    ...{ tool: tools[0]!, succeeds: {}, fails: { what: 'fail' }, hangs: { what: 'hang' } },
  }));

  describeToolServers('the MCP host', async () => {
    const silent = await standInOf({ era, instead: () => true });
    const closed = await McpStandIn.start({ era, tools: {} });
    const { url: awayUrl } = closed;
    await closed.close();
    standIn.options.tools = { echo };
    const there = { ...targetOf(standIn), isConfigured: true };
    const mcpServers = [{ ...there, isDisabled: true }];
    const host = newHost({ mcpServers });
    const away = targetOf({ url: awayUrl });
    return { servers: host, there, away, silent: targetOf(silent) };
  });
});

describe.each(ERAS)('an MCP server of the %s era', (era) => {
  it('has its tools called, under names that say whose they are', async () => {
    const standIn = await standInOf({ era, tools: { echo }, instructions: 'Be kind.' });
    const { tools, named, host, user } = await toolsOf(standIn);
    expect(tools.map(({ definition }) => definition.name)).toEqual(['stand_in__echo']);
    expect(named('echo').definition).toMatchObject({
      title: 'echo',
      description: expect.stringContaining('MCP server stand_in') as string,
      approval: 'ask',
      server: { name: 'stand_in', isTrusted: false, instructions: 'Be kind.' },
    });
    const { output } = await callOf(named('echo'), { words: 'Hello' });
    expect(output).toEqual({ ok: true, parts: [{ type: 'text', text: 'You said: Hello' }] });
    const state = await host.state(user, targetOf(standIn), 1_000);
    const version = era === 'modern' ? '2026-07-28' : '2025-11-25';
    expect(state).toMatchObject({ status: 'connected', protocolVersion: version, tools: 1 });
    expect(standIn.of('tools/list')).toHaveLength(1);
  });

  it('is asked for progress, which is told', async () => {
    const slow: StandInTool = {
      call: async ({ progress }) => {
        for (const done of [1, 2]) {
          progress(done, 2, `step\n${done}`);
          await pause(50);
        }
        return saying('done');
      },
    };
    const { named } = await toolsOf(await standInOf({ era, tools: { slow } }));
    const { progress, output } = await callOf(named('slow'), {});
    expect(progress).toEqual([
      { progress: 1, total: 2, message: 'step 1' },
      { progress: 2, total: 2, message: 'step 2' },
    ]);
    expect(output.ok).toBe(true);
  });

  it('hears that a call is stopped', async () => {
    let told: (() => void) | undefined;
    const heard = new Promise<void>((resolve) => (told = resolve));
    const endless: StandInTool = {
      call: async ({ cancelled }) => {
        await cancelled;
        told?.();
        return saying('too late');
      },
    };
    const standIn = await standInOf({ era, tools: { endless } });
    const { named } = await toolsOf(standIn);
    const controller = new AbortController();
    const reason = new Error('stopped');
    const call = callOf(named('endless'), {}, controller.signal);
    await until(() => standIn.of('tools/call').length === 1);
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    await heard;
  });

  it('has a call repeated by nobody when the connection breaks off in its middle', async () => {
    const broken: StandInTool = {
      call: async ({ response, progress }) => {
        progress(1);
        await pause(20);
        response.destroy();
        return undefined;
      },
    };
    const half: StandInTool = {
      call: ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('event: message\ndata: {"jsonrpc":"2.0",');
        return undefined;
      },
    };
    const standIn = await standInOf({ era, tools: { broken, half } });
    const { named } = await toolsOf(standIn);
    for (const name of ['broken', 'half']) {
      const { output } = await callOf(named(name), {});
      expect(output).toMatchObject({
        ok: false,
        parts: [{ text: expect.stringContaining('is unknown') as string }],
      });
    }
    expect(standIn.of('tools/call')).toHaveLength(2);
  });

  it('says in its own words why it does not make a call', async () => {
    const failing: StandInTool = { call: () => saying('No such file.', { isError: true }) };
    const standIn = await standInOf({ era, tools: { failing, echo } });
    const { named } = await toolsOf(standIn);
    expect((await callOf(named('failing'), {})).output).toEqual({
      ok: false,
      parts: [{ type: 'text', text: 'No such file.' }],
    });
    standIn.options.tools = {};
    const { output } = await callOf(named('echo'), { words: 'x' });
    expect(output.parts).toEqual([
      {
        type: 'text',
        text: expect.stringMatching(/did not make the call\. It says: Unknown tool: echo/) as string,
      },
    ]);
  });

  it('is listed anew when it says that its tools have changed', async () => {
    const standIn = await standInOf({ era, tools: { echo } });
    const { host, user } = await toolsOf(standIn);
    const method = era === 'modern' ? 'subscriptions/listen' : 'GET';
    await until(() => standIn.of(method).length === 1);
    standIn.options.tools = { echo, other: echo };
    expect((await toolsOf(standIn, host, user)).tools).toHaveLength(1);
    standIn.toolsChanged();
    await until(async () => (await toolsOf(standIn, host, user)).tools.length === 2);
  });
});

describe('a session of the older era that is over', () => {
  it('is opened anew once, and the call that was refused for it is made', async () => {
    const standIn = await standInOf({ era: 'legacy', tools: { echo } });
    const { named } = await toolsOf(standIn);
    standIn.restart();
    expect((await callOf(named('echo'), { words: 'again' })).output.ok).toBe(true);
    expect(standIn.of('initialize')).toHaveLength(2);
    expect(standIn.sessions.size).toBe(1);
  });

  it('is not opened for ever', async () => {
    const standIn = await standInOf({ era: 'legacy', tools: { echo } });
    const { named } = await toolsOf(standIn);
    standIn.options.instead = (_request, _response, body) => {
      if (body['method'] === 'tools/call') standIn.restart();
      return false;
    };
    const { output } = await callOf(named('echo'), { words: 'again' });
    expect(output).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringContaining('Nothing was called') as string }],
    });
    expect(standIn.of('tools/call')).toHaveLength(2);
  });
});

describe('what comes back', () => {
  const resultOf = async (result: Record<string, unknown>, more: Partial<StandInTool> = {}) => {
    const { named } = await toolsOf(await standInOf({ tools: { it: { ...more, call: () => result } } }));
    return (await callOf(named('it'), {})).output;
  };

  it('is every kind of content', async () => {
    const { parts } = await resultOf({
      content: [
        { type: 'text', text: 'words' },
        { type: 'image', data: 'aGk=', mimeType: 'image/png' },
        { type: 'audio', data: 'aGk=', mimeType: 'audio/wav' },
        { type: 'resource', resource: { uri: 'a://1', text: 'in it', mimeType: 'text/plain' } },
        { type: 'resource', resource: { uri: 'a://2', blob: 'aGk=', mimeType: 'image/gif' } },
        { type: 'resource', resource: { uri: 'a://3', blob: 'aGk=', mimeType: 'application/zip' } },
        { type: 'resource_link', uri: 'a://4', name: 'link', mimeType: 'text/plain' },
      ],
    });
    expect(parts).toEqual([
      { type: 'text', text: 'words' },
      { type: 'image', data: 'aGk=', mediaType: 'image/png' },
      { type: 'audio', data: 'aGk=', mediaType: 'audio/wav' },
      { type: 'resource', uri: 'a://1', text: 'in it', mediaType: 'text/plain' },
      { type: 'image', data: 'aGk=', mediaType: 'image/gif' },
      {
        type: 'resource',
        uri: 'a://3',
        data: 'aGk=',
        mediaType: 'application/zip',
      },
      { type: 'resource_link', uri: 'a://4', name: 'link', mediaType: 'text/plain' },
    ]);
  });

  it('has data that fit what the tool says it returns, or is said to be of no use', async () => {
    const outputSchema = { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] };
    const fits = await resultOf({ content: [], structuredContent: { sum: 3 } }, { outputSchema });
    expect(fits).toEqual({ ok: true, parts: [{ type: 'text', text: '{"sum":3}' }], structured: { sum: 3 } });
    for (const wrong of [{ structuredContent: { sum: 'three' } }, {}]) {
      const output = await resultOf({ content: [], ...wrong }, { outputSchema });
      expect(output).toMatchObject({
        ok: false,
        parts: [{ text: expect.stringContaining('cannot be used') as string }],
      });
    }
  });
});
