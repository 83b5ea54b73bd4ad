import { newUser } from '../../../test/support/callers.js';
import { contextOf, saying, toolThatSays } from '../../../test/support/tools.js';
import type { ApprovalPolicy } from '../ports/tool.js';
import { ToolRegistry, type ToolSelection } from './tool-registry.js';

const user = newUser();
const named = (name: string, approval: ApprovalPolicy = 'never') =>
  toolThatSays(saying(name), { name, approval });

const registryOf = (policies?: Map<string, ApprovalPolicy>) =>
  new ToolRegistry(
    [named('search_web'), named('read_result'), named('files__read'), named('files__write', 'always')],
    { TOOL_APPROVAL: policies },
  );

describe('the tools that there are', () => {
  it('are found by their names', () => {
    expect(registryOf().find(user, 'read_result')?.definition.name).toBe('read_result');
    expect(registryOf().find(user, 'constructor')).toBeUndefined();
  });

  it('have a name each', () => {
    const two = [named('search_web'), named('search_web')];
    expect(() => new ToolRegistry(two, { TOOL_APPROVAL: undefined })).toThrow('same name');
  });
});

describe('a selection of tools', () => {
  const selected = (...selections: readonly ToolSelection[]) =>
    registryOf()
      .select(user, ...selections)
      .map(({ definition }) => definition.name);
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
  it.each(CASES)('is %j', (names, ...selections) => {
    expect(selected(...selections)).toEqual(names);
  });

  it('has what all of several take', () => {
    expect(selected(true, ['files__*'])).toEqual(['files__read', 'files__write']);
    expect(selected(['files__*'], ['files__read', 'search_web'])).toEqual(['files__read']);
    expect(selected(false, true)).toEqual([]);
    expect(selected(['search_web'], ['read_result'])).toEqual([]);
  });
});

describe('the operator’s policy', () => {
  const policies = (...pairs: [string, ApprovalPolicy][]) =>
    registryOf(new Map(pairs))
      .of(user)
      .map(({ definition: { name, approval } }) => `${name} ${approval}`);

  it('is the tool’s own where nothing is said', () => {
    expect(policies()).toContain('files__write always');
    expect(policies()).toContain('search_web never');
  });

  it('is that of the name, and else the one for all', () => {
    expect(policies(['*', 'ask'], ['search_web', 'always'])).toEqual([
      'search_web always',
      'read_result ask',
      'files__read ask',
      'files__write ask',
    ]);
    expect(policies(['files__write', 'never'])).toContain('files__write never');
  });

  it('changes nothing else of a tool', async () => {
    const tool = registryOf(new Map([['search_web', 'ask'] as const])).find(user, 'search_web')!;
    const call = tool.call({}, contextOf(), new AbortController().signal);
    expect(await call.next()).toEqual({ done: true, value: saying('search_web') });
    expect(tool.definition).toMatchObject({ title: 'Count up', approval: 'ask' });
  });
});
