import { setTimeout as pause } from 'node:timers/promises';
import type { ServerTarget, ToolServers } from '../../src/tool/ports/tool-servers.js';
import { newUser } from '../support/callers.js';

export interface ToolServersUnderTest {
  readonly servers: ToolServers;
  /** One that has the tool `echo`, a resource `a://1` that holds `In it.`, and a prompt `greet` that says `Hello, ` and its `name`. */
  readonly there: ServerTarget;
  /** One that nobody reaches. */
  readonly away: ServerTarget;
  /** One that never answers. */
  readonly silent: ServerTarget;
}

/** Holds an implementation to every promise of {@link ToolServers}. */
export function describeToolServers(name: string, setUp: () => Promise<ToolServersUnderTest>): void {
  describe(`the servers of tools by ${name}`, () => {
    it('have tools, resources and prompts, and say how they do', async () => {
      const { servers, there } = await setUp();
      const user = newUser();
      const tools = await servers.tools(user, there);
      expect(tools.map(({ definition }) => definition.name)).toEqual([`${there.name}__echo`]);
      expect(await servers.resources(user, there)).toEqual([expect.objectContaining({ uri: 'a://1' })]);
      expect(await servers.prompts(user, there)).toEqual([expect.objectContaining({ name: 'greet' })]);
      const state = await servers.state(user, there, 5_000);
      expect(state).toMatchObject({ status: 'connected', tools: 1, resources: 1, prompts: 1 });
      expect(servers.connected()).toEqual([there.name]);
    });

    it('have what their resources hold read, up to a length', async () => {
      const { servers, there, away } = await setUp();
      const user = newUser();
      expect(await servers.read(user, there, 'a://1', 100)).toBe('In it.');
      expect(await servers.read(user, there, 'a://1', 2)).toBe('In');
      const refusal = (code: string) => expect.objectContaining({ code }) as Error;
      await expect(servers.read(user, there, 'a://2', 100)).rejects.toEqual(refusal('PROVIDER_ERROR'));
      expect(await servers.state(user, there, 5_000)).toMatchObject({ status: 'connected' });
      await expect(servers.read(user, away, 'a://1', 100)).rejects.toEqual(refusal('PROVIDER_UNAVAILABLE'));
    });

    it('have what their prompts say fetched, up to a length', async () => {
      const { servers, there, away } = await setUp();
      const user = newUser();
      const prompt = { name: 'greet', arguments: { name: 'Ada' } };
      expect(await servers.prompt(user, there, prompt, 100)).toBe('User:\nHello, Ada');
      expect(await servers.prompt(user, there, prompt, 8)).toBe('User:\nHe');
      const refusal = (code: string) => expect.objectContaining({ code }) as Error;
      await expect(servers.prompt(user, there, { name: 'none' }, 100)).rejects.toEqual(
        refusal('PROVIDER_ERROR'),
      );
      await expect(servers.prompt(user, away, prompt, 100)).rejects.toEqual(refusal('PROVIDER_UNAVAILABLE'));
    });

    it('have no tools while they are away, and say so in words', async () => {
      const { servers, away } = await setUp();
      const user = newUser();
      expect(await servers.tools(user, away)).toEqual([]);
      const state = await servers.state(user, away, 5_000);
      expect(state).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(/\w/) as string,
        tools: 0,
      });
      expect(state.error).not.toMatch(/\d+\.\d+\.\d+\.\d+|localhost/);
      await expect(servers.resources(user, away)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      await expect(servers.prompts(user, away)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    });

    it('are waited for as long as somebody wants to', async () => {
      const { servers, silent } = await setUp();
      const user = newUser();
      expect(await servers.state(user, silent, 50)).toMatchObject({ status: 'connecting' });
      const [controller, reason] = [new AbortController(), new Error('stopped')];
      const asked = servers.tools(user, silent, controller.signal);
      await pause(20);
      controller.abort(reason);
      await expect(asked).rejects.toBe(reason);
    });

    it('are asked anew when they were forgotten', async () => {
      const { servers, there } = await setUp();
      const user = newUser();
      await servers.tools(user, there);
      servers.forget(there, { org: user.org, id: 'somebody else' });
      servers.forget(there, user);
      expect(await servers.tools(user, there)).toHaveLength(1);
    });
  });
}
