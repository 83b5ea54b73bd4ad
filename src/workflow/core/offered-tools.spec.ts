import { offeredTools } from './offered-tools.js';

const toolsOf = (server: string | undefined, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    definition: {
      name: `${server ?? 'own'}_${index}`,
      ...(server !== undefined && { server: { name: server } }),
    },
  }));
const namesOf = (tools: readonly { readonly definition: { readonly name: string } }[]) =>
  tools.map(({ definition }) => definition.name);

describe('the tools that a model is offered', () => {
  it('are all of them where there is room', () => {
    const tools = [...toolsOf(undefined, 4), ...toolsOf('a', 124)];
    expect(offeredTools(tools, 0)).toEqual({ tools, note: undefined });
  });

  it('are those that are built in, and some of each server, in their order', () => {
    const tools = [...toolsOf(undefined, 2), ...toolsOf('a', 10), ...toolsOf('b', 2), ...toolsOf('c', 10)];
    const { tools: offered, note } = offeredTools(tools, 0, 10);
    expect(namesOf(offered)).toEqual([
      'own_0',
      'own_1',
      'a_0',
      'a_1',
      'a_2',
      'b_0',
      'b_1',
      'c_0',
      'c_1',
      'c_2',
    ]);
    expect(note).toMatch(/^Of 24 tools you are given 10: .*Some of a, c are left out/);
  });

  it('leave room for those that the client brings', () => {
    expect(namesOf(offeredTools(toolsOf('a', 128), 120).tools)).toHaveLength(8);
    expect(offeredTools(toolsOf('a', 1), 200).tools).toEqual([]);
  });
});
