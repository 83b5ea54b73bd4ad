import { newUser } from '../../../test/support/callers.js';
import { contextOf, NO_SERVERS, saying, toolThatSays } from '../../../test/support/tools.js';
import type { ApprovalPolicy, Tool } from '../ports/tool.js';
import { ToolRegistry, type ToolSelection } from './tool-registry.js';

const user = newUser();
const named = (name: string, approval: ApprovalPolicy = 'never') =>
  toolThatSays(saying(name), { name, approval });

const registryOf = (policies?: Map<string, ApprovalPolicy>) =>
  new ToolRegistry(
    [named('search_web'), named('read_result'), named('files__read'), named('files__write', 'always')],
    { TOOL_APPROVAL: policies },
    NO_SERVERS,
  );

describe('the tools that there are', () => {
  it('are found by their names', async () => {
    expect((await registryOf().find(user, 'read_result'))?.definition.name).toBe('read_result');
    expect(await registryOf().find(user, 'constructor')).toBeUndefined();
  });

  it('have a name each', () => {
    const two = [named('search_web'), named('search_web')];
    expect(() => new ToolRegistry(two, { TOOL_APPROVAL: undefined }, NO_SERVERS)).toThrow('same name');
  });
});

describe('a selection of tools', () => {
  const selected = async (...selections: readonly ToolSelection[]) =>
    (await registryOf().select(user, ...selections)).map(({ definition }) => definition.name);
  const all = ['search_web', 'read_result', 'files__read', 'files__write'];

  const CASES: ReadonlyArray<readonly [names: readonly string[], ...selections: readonly ToolSelection[]]> = [
    [all],
    [all, true],
    [[], false],
    [[], []],
    [['read_result'], ['read_result']],
    [['search_web'], ['search_web', 'unheard_of']],
    [['files__read', 'files__write'], ['files__*']],
    [
      ['search_web', 'files__read', 'files__write'],
      ['files__*', 'search_web'],
    ],
    [[], ['file__*']],
    [[], ['files_*']],
    [[], ['*']],
    [[], ['files__']],
  ];
  it.each(CASES)('is %j', async (names, ...selections) => {
    expect(await selected(...selections)).toEqual(names);
  });

  it('has what all of several take', async () => {
    expect(await selected(true, ['files__*'])).toEqual(['files__read', 'files__write']);
    expect(await selected(['files__*'], ['files__read', 'search_web'])).toEqual(['files__read']);
    expect(await selected(false, true)).toEqual([]);
    expect(await selected(['search_web'], ['read_result'])).toEqual([]);
  });
});

describe('the operator’s policy', () => {
  const policies = async (...pairs: [string, ApprovalPolicy][]) =>
    (await registryOf(new Map(pairs)).of(user)).map(
      ({ definition: { name, approval } }) => `${name} ${approval}`,
    );

  it('is the tool’s own where nothing is said', async () => {
    expect(await policies()).toContain('files__write always');
    expect(await policies()).toContain('search_web never');
  });

  it('is that of the name, and else the one for all', async () => {
    expect(await policies(['*', 'ask'], ['search_web', 'always'])).toEqual([
      'search_web always',
      'read_result ask',
      'files__read ask',
      'files__write ask',
    ]);
    expect(await policies(['files__write', 'never'])).toContain('files__write never');
  });

  it('changes nothing else of a tool', async () => {
    const registry = registryOf(new Map([['search_web', 'ask'] as const]));
    const tool = (await registry.find(user, 'search_web'))!;
    const call = tool.call({}, contextOf(), new AbortController().signal);
    expect(await call.next()).toEqual({ done: true, value: saying('search_web') });
    expect(tool.definition).toMatchObject({ title: 'Count up', approval: 'ask' });
  });
});

describe('the tools of MCP servers', () => {
  const server = { name: 'files', identity: 'one', isTrusted: false };
  const foreign = ['files__read', 'files__write'].map((name) =>
    toolThatSays(saying(name), { name, server, approval: 'ask' }),
  );
  const stage = (policies?: Map<string, ApprovalPolicy>) => {
    const wanted: string[] = [];
    const servers = {
      listings: (_caller: unknown, isWanted: (name: string) => boolean) => {
        wanted.push(...['files', 'mail'].filter(isWanted));
        const listings = [
          { server: 'files', tools: foreign },
          { server: 'mail', tools: undefined },
        ];
        return Promise.resolve(listings.filter(({ server: name }) => isWanted(name)));
      },
      tools: (_caller: unknown, isWanted: (name: string) => boolean): Promise<readonly Tool[]> => {
        wanted.push(...['files', 'mail'].filter(isWanted));
        return Promise.resolve(isWanted('files') ? foreign : []);
      },
    };
    return {
      wanted,
      registry: new ToolRegistry([named('search_web')], { TOOL_APPROVAL: policies }, servers),
    };
  };
  const namesOf = (tools: readonly Tool[]) => tools.map(({ definition }) => definition.name);

  it('are there behind the server’s own', async () => {
    const { registry } = stage();
    expect(namesOf(await registry.of(user))).toEqual(['search_web', 'files__read', 'files__write']);
    expect((await registry.find(user, 'files__read'))?.definition.server).toBe(server);
  });

  it.each<[readonly string[], readonly string[], ToolSelection[]]>([
    [[], [], [false]],
    [[], [], [['search_web']]],
    [[], [], [true, ['search_web']]],
    [['files'], ['files__read'], [['files__read'], true]],
    [['files'], ['files__read', 'files__write'], [['files__*']]],
    [['mail'], [], [['mail__send']]],
    [[], [], [['mail__send'], ['files__*']]],
    [
      ['files', 'mail'],
      ['files__read', 'files__write'],
      [true, true],
    ],
  ])('are asked for of %j alone', async (asked, names, selections) => {
    const { registry, wanted } = stage();
    const selected = namesOf(await registry.select(user, ...selections));
    expect([wanted, selected.filter((name) => name.includes('__'))]).toEqual([asked, names]);
  });

  it.each<[readonly string[], readonly string[], readonly string[]]>([
    [['search_web'], [], []],
    [['searchweb', 'files', '*', 'mail'], [], ['searchweb', 'files', '*', 'mail']],
    [['files__*', 'files__read', 'files__nothing', 'files__'], ['files'], ['files__nothing', 'files__']],
    // It does not say now which tools it has.
    [['mail__*', 'mail__send', 'search_web'], ['mail'], []],
    [['calendar__*', 'calendar__read'], [], ['calendar__*', 'calendar__read']],
  ])('of the names %j are looked for at %j, and %j are unknown', async (names, asked, unknown) => {
    const { registry, wanted } = stage();
    expect([await registry.unknown(user, names), wanted]).toEqual([unknown, asked]);
  });

  it('are under a policy of their own, of their server’s, or of all', async () => {
    const approvals = async (...pairs: [string, ApprovalPolicy][]) =>
      (await stage(new Map(pairs)).registry.select(user, ['files__*'])).map(
        ({ definition }) => definition.approval,
      );
    expect(await approvals()).toEqual(['ask', 'ask']);
    expect(await approvals(['files__*', 'never'], ['*', 'always'])).toEqual(['never', 'never']);
    expect(await approvals(['files__*', 'never'], ['files__write', 'always'])).toEqual(['never', 'always']);
    expect(await approvals(['*', 'never'])).toEqual(['never', 'never']);
  });
});
