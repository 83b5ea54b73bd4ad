import { newUser } from '../support/callers.js';
import type { McpHost } from '../../src/tool/adapters/mcp/mcp-host.js';
import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';
import { callOf } from '../contracts/tool.contract.js';
import { mcpHosts } from '../support/mcp-hosts.js';
import { until } from '../support/until.js';

const { newHost } = mcpHosts();

const programOf = (era: string, change: object = {}): ServerTarget => ({
  ...{ name: 'program', isTrusted: false, isConfigured: true, maySample: false, roots: [] },
  endpoint: {
    transport: 'stdio',
    command: process.execPath,
    args: ['test/doubles/mcp-program.mjs', era],
    env: { OWN: 'spelled out' },
    ...change,
  },
});

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.each(['modern', 'legacy'])('a program of the %s era', (era) => {
  const toolsOf = async (host: McpHost, user = newUser()) => {
    const tools = await host.tools(user, programOf(era));
    return (name: string) => tools.find(({ definition }) => definition.name === `program__${name}`)!;
  };
  const told = async (host: McpHost, user = newUser()) => {
    const { output } = await callOf((await toolsOf(host, user))('environment'), {});
    const [part] = output.parts;
    return JSON.parse((part as { readonly text: string }).text) as {
      readonly pid: number;
      readonly variables: string[];
      readonly own: string;
    };
  };

  it('has the variables that are spelled out for it, and none of the server’s', async () => {
    process.env['OF_THE_SERVER'] = 'secret';
    try {
      const { variables, own } = await told(newHost());
      expect(own).toBe('spelled out');
      expect(variables).not.toContain('OF_THE_SERVER');
      expect(variables).not.toContain('DATABASE_URL');
      expect(variables).toContain('PATH');
    } finally {
      delete process.env['OF_THE_SERVER'];
    }
  });

  it('runs once for each user, and ends with the server', async () => {
    const host = newHost();
    const user = newUser();
    const [first, again, other] = [await told(host, user), await told(host, user), await told(host)];
    expect(again.pid).toBe(first.pid);
    expect(other.pid).not.toBe(first.pid);
    await host.onModuleDestroy();
    await until(() => !isRunning(first.pid) && !isRunning(other.pid));
  });

  it('may die in the middle of a call, of which nothing is known then, and is started again for the next one', async () => {
    const host = newHost();
    const user = newUser();
    const tool = await toolsOf(host, user);
    const { output } = await callOf(tool('die'), {});
    expect(output).toMatchObject({
      ok: false,
      parts: [{ text: expect.stringContaining('is unknown') as string }],
    });
    expect((await callOf(tool('environment'), {})).output.ok).toBe(true);
  });

  it('hears that a call is stopped', async () => {
    const host = newHost();
    const user = newUser();
    const { pid } = await told(host, user);
    const controller = new AbortController();
    const reason = new Error('stopped');
    const call = callOf((await toolsOf(host, user))('hang'), {}, controller.signal);
    setTimeout(() => controller.abort(reason), 100);
    await expect(call).rejects.toBe(reason);
    // It ends when it is told.
    await until(() => !isRunning(pid));
  });
});

describe('a program that is none', () => {
  it.each([
    ['that is not there', { command: '/nowhere/at-all' }, /cannot be started/],
    ['that ends at once', { args: ['-e', 'process.exit(1)'] }, /\w/],
    [
      'that says what is no message',
      { args: ['-e', 'console.log("Hello!"); setTimeout(() => {}, 300)'] },
      /\w/,
    ],
  ])(
    'is one %s',
    async (_what, change, words) => {
      const [host, user] = [newHost(), newUser()];
      expect(await host.tools(user, programOf('', change))).toEqual([]);
      const state = await host.state(user, programOf('', change), 100);
      expect(state).toMatchObject({ status: 'failed', error: expect.stringMatching(words) as string });
    },
    30_000,
  );
});
