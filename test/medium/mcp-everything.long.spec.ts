import type { ServerTarget } from '../../src/tool/ports/tool-servers.js';
import { callOf } from '../contracts/tool.contract.js';
import { newUser } from '../support/callers.js';
import { accepted, askedBy, goOn, textOf } from '../support/mcp-calls.js';
import { everythingProgram, installEverything, startEverything } from '../support/mcp-everything.js';
import { mcpHosts } from '../support/mcp-hosts.js';
import { contextOf } from '../support/tools.js';

const { newHost } = mcpHosts();
const sampler = { sample: () => Promise.resolve({ model: 'some-model', text: 'In short.', isCut: false }) };

/** Its package is installed for it, from the registry. */
describe('the protocol’s own example server of the older era', () => {
  let server: Awaited<ReturnType<typeof startEverything>>;
  beforeAll(async () => {
    await installEverything();
    server = await startEverything();
  }, 240_000);
  afterAll(() => server?.close());

  const toolsOf = async (target: ServerTarget) => {
    const [host, user] = [newHost({}, sampler), newUser()];
    const tools = await host.tools(user, target);
    const named = (name: string) =>
      tools.find(({ definition }) => definition.name === `everything__${name}`)!;
    return { host, user, named };
  };
  const saidBy = (output: Parameters<typeof textOf>[0]) => JSON.stringify(textOf(output));

  describe.each([
    ['over Streamable HTTP', () => server.target],
    ['as a program', () => everythingProgram],
  ] as const)('%s', (_how, target) => {
    it('has its tools called, and says how it does', async () => {
      const { host, user, named } = await toolsOf(target());
      const sum = await callOf(named('get-sum'), { a: 2, b: 3 });
      expect(saidBy(sum.output)).toContain('The sum of 2 and 3 is 5');
      const state = await host.state(user, target(), 10_000);
      expect(state).toMatchObject({ status: 'connected', protocolVersion: '2025-11-25' });
      expect(state.tools).toBeGreaterThan(10);
    });

    it('gives images, structured content, links and what is embedded', async () => {
      const { named } = await toolsOf(target());
      const image = await callOf(named('get-tiny-image'), {});
      expect(image.output.parts.map(({ type }) => type)).toEqual(['text', 'image', 'text']);
      const weather = await callOf(named('get-structured-content'), { location: 'Chicago' });
      expect(weather.output).toMatchObject({ ok: true, structured: { temperature: 36, humidity: 82 } });
      const links = await callOf(named('get-resource-links'), { count: 2 });
      expect(links.output.parts.map(({ type }) => type)).toEqual(['text', 'resource_link', 'resource_link']);
      const embedded = await callOf(named('get-resource-reference'), {
        resourceType: 'Text',
        resourceId: 2,
      });
      expect(embedded.output.parts[1]).toMatchObject({ type: 'resource', mediaType: 'text/plain' });
    });

    it('tells how far it is', async () => {
      const { named } = await toolsOf(target());
      const { progress, output } = await callOf(named('trigger-long-running-operation'), {
        duration: 1,
        steps: 4,
      });
      // The last one may come with the answer.
      expect(progress[0]).toEqual({ progress: 1, total: 4 });
      expect(progress.length).toBeGreaterThanOrEqual(3);
      expect(saidBy(output)).toContain('completed');
    });

    it('has its resources and prompts listed and read', async () => {
      const { host, user } = await toolsOf(target());
      const resources = await host.resources(user, target());
      expect(await host.read(user, target(), resources[0]!.uri, 100_000)).not.toBe('');
      const prompts = await host.prompts(user, target());
      expect(prompts.map(({ name }) => name)).toContain('args-prompt');
      const prompt = { name: 'args-prompt', arguments: { city: 'Oslo' } };
      expect(await host.prompt(user, target(), prompt, 1_000)).toBe("User:\nWhat's weather in Oslo?");
    });

    it('asks the user', async () => {
      const { named } = await toolsOf(target());
      const context = contextOf();
      const suspended = await askedBy(named('trigger-elicitation-request'), context, {});
      const [question] = suspended.asks;
      expect(question).toMatchObject({ kind: 'elicitation', mode: 'form' });
      const answer = accepted(question!.key, { name: 'Ada', check: true });
      const output = await goOn(named('trigger-elicitation-request'), context, suspended, answer);
      expect(saidBy(output)).toContain('Ada');
    });

    it('has a model asked', async () => {
      const { named } = await toolsOf(target());
      const context = contextOf();
      const args = { prompt: 'What is it?', maxTokens: 50 };
      const suspended = await askedBy(named('trigger-sampling-request'), context, args);
      expect(suspended.asks[0]!.prompt).toContain('What is it?');
      const answer = accepted(suspended.asks[0]!.key, null);
      const output = await goOn(named('trigger-sampling-request'), context, suspended, answer);
      expect(saidBy(output)).toContain('In short.');
    });
  });
});
