import { newUser } from '../../../test/support/callers.js';
import type { DefinitionStore, StoredDefinition } from '../ports/definition-store.js';
import { PublishWorkflow } from './publish-workflow.js';
import { WorkflowCatalogue } from './workflow-catalogue.js';

type Step = Readonly<Record<string, unknown>>;

const chat = (id: string, more: object = {}): Step => ({ id, title: id, ...more });
const generate = (id: string, more: object = {}): Step => ({ ...chat(id, more), kind: 'generate' });
const inside = (workflow: string, more: object = {}): Step => ({
  ...{ id: 'inner', title: 'Inner', kind: 'subworkflow', workflow },
  ...more,
});
const of = (...steps: readonly Step[]) => ({ title: 'Ours', start: steps[0]!['id'], steps });

/** Every version that anybody has published, and none that was deleted. */
function memoryStore(): DefinitionStore {
  const all: (StoredDefinition & { readonly org: string })[] = [];
  const ofName = (org: string, name: string) => all.filter((one) => one.org === org && one.name === name);
  return {
    find: (org, name, version) =>
      Promise.resolve(ofName(org, name).findLast((one) => (version ?? one.version) === one.version)),
    list: (org) => Promise.resolve(all.filter((one) => one.org === org)),
    publish({ org }, name, above, definition) {
      const version = Math.max(above, ...ofName(org, name).map((one) => one.version)) + 1;
      all.push({ org, name, version, definition });
      return Promise.resolve(version);
    },
    remove: () => Promise.resolve('missing'),
  };
}

/** An organisation that publishes workflows. */
function setUp() {
  const store = memoryStore();
  const catalogue = new WorkflowCatalogue(store);
  const publishing = new PublishWorkflow(store, catalogue);
  const admin = newUser('adam');
  return {
    admin,
    catalogue,
    publish: (name: string, body: unknown, caller = admin) => publishing.publish(caller, name, body),
    /** The paths of the mistakes that it is refused for. */
    refused: async (name: string, body: unknown, caller = admin): Promise<string[]> => {
      const error: unknown = await publishing.publish(caller, name, body).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
      const { details } = error as { details: { issues: { path: string; message: string }[] } };
      return details.issues.map(({ path, message }) => `${path}: ${message}`);
    },
  };
}

const CYCLE = 'the workflow would be inside of itself';

describe('a workflow inside another one', () => {
  it('has to be there, in the version that is named', async () => {
    const { publish, refused } = setUp();
    expect(await refused('outer', of(inside('inner')))).toEqual([
      'steps.0.workflow: step inner: there is no such workflow, or not in that version',
    ]);
    await publish('inner', of(generate('note')));
    expect(await refused('outer', of(inside('inner', { version: 2 })))).toEqual([
      'steps.0.version: step inner: there is no such workflow, or not in that version',
    ]);
    expect((await publish('outer', of(inside('inner')))).steps).toMatchObject([{ version: 1 }]);
  });

  it('is the organisation’s own, and not that of another one', async () => {
    const { publish, refused } = setUp();
    await publish('inner', of(generate('note')));
    expect(await refused('outer', of(inside('inner')), { ...newUser('eve'), org: 'theirs' })).toHaveLength(1);
  });

  it('stays the version that it was when the outer one was published', async () => {
    const { admin, catalogue, publish } = setUp();
    await publish('inner', of(generate('old')));
    await publish('outer', of(inside('inner')));
    await publish('inner', of(generate('new')));
    const whole = await catalogue.toRun(admin.org, 'outer', 1, true);
    expect(whole.steps).toMatchObject([{ version: 1, body: { steps: [{ id: 'old' }] } }]);
    await publish('outer', of(inside('inner')));
    const newer = await catalogue.toRun(admin.org, 'outer', 2, true);
    expect(newer.steps).toMatchObject([{ version: 2, body: { steps: [{ id: 'new' }] } }]);
  });

  it('is not itself, wherever in it that stands', async () => {
    const { publish, refused } = setUp();
    expect(await refused('mine', of(inside('mine')))).toEqual([`steps.0.workflow: step inner: ${CYCLE}`]);
    await publish('mine', of(generate('note')));
    const branches = [{ id: 'one', start: 'inner', steps: [inside('mine')] }];
    const parallel = { ...chat('both'), kind: 'parallel', branches };
    expect(await refused('mine', of(chat('hello', { next: 'both' }), parallel))).toEqual([
      `steps.1.branches.0.steps.0.workflow: step inner: ${CYCLE}`,
    ]);
    const each = {
      ...chat('each', { items: 'state.list', start: 'inner', steps: [inside('mine')] }),
      kind: 'foreach',
    };
    expect(await refused('mine', of(each))).toEqual([`steps.0.steps.0.workflow: step inner: ${CYCLE}`]);
  });

  it('has none inside of it that it is in, when that one is changed later', async () => {
    const { admin, catalogue, publish, refused } = setUp();
    await publish('first', of(generate('note')));
    await publish('second', of(inside('first')));
    await publish('third', of(inside('second')));
    expect(await refused('first', of(inside('second')))).toEqual([
      `steps.0.workflow.steps.0.workflow: step inner: ${CYCLE}`,
    ]);
    expect(await refused('first', of(generate('note', { next: 'inner' }), inside('third')))).toEqual([
      `steps.1.workflow.steps.0.workflow.steps.0.workflow: step inner: ${CYCLE}`,
    ]);
    // Nothing of it was published, and the others are as they were.
    expect(await catalogue.find(admin.org, 'first')).toMatchObject({ version: 1 });
    expect(await catalogue.toRun(admin.org, 'third', 1, true)).toMatchObject({
      steps: [{ body: { steps: [{ body: { steps: [{ id: 'note' }] } }] } }],
    });
  });

  it('may be one of the server’s, and is not put inside that one by its name', async () => {
    const { publish, refused } = setUp();
    const outer = await publish('outer', of(inside('drafted-answer')));
    expect(outer.steps).toMatchObject([{ version: 1 }]);
    expect(await refused('drafted-answer', of(inside('outer')))).toEqual([
      `steps.0.workflow.steps.0.workflow: step inner: ${CYCLE}`,
    ]);
  });

  it('may be there twice beside itself', async () => {
    const { publish } = setUp();
    await publish('inner', of(generate('note')));
    const twice = of(inside('inner', { next: 'again' }), { ...inside('inner'), id: 'again' });
    expect((await publish('outer', twice)).steps).toMatchObject([{ version: 1 }, { version: 1 }]);
  });

  it('needs no message of the user where others run beside it', async () => {
    const { publish, refused } = setUp();
    await publish('inner', of(chat('ask')));
    const branches = [{ id: 'one', start: 'inner', steps: [inside('inner')] }];
    expect(await refused('outer', of({ ...chat('both'), kind: 'parallel', branches }))).toEqual([
      expect.stringMatching(/^steps\.0\.branches\.0\.steps\.0\.workflow\.steps\.0\.kind: step ask: /),
    ]);
  });
});

describe('workflows inside of each other', () => {
  it('are eight levels deep at most', async () => {
    const { publish, refused } = setUp();
    await publish('level-1', of(generate('note')));
    for (let level = 2; level <= 8; level += 1)
      await publish(`level-${level}`, of(inside(`level-${level - 1}`)));
    const [issue, ...others] = await refused('level-9', of(inside('level-8')));
    expect(others).toEqual([]);
    expect(issue).toBe(
      `steps.0${'.workflow.steps.0'.repeat(7)}.workflow: steps are more than 8 levels inside each other`,
    );
  });

  it('have five hundred steps together at most, and are not gone through beyond', async () => {
    const { admin, catalogue, publish, refused } = setUp();
    const many = (count: number) =>
      of(...Array.from({ length: count }, (_, at) => generate(`step-${at}`, { next: `step-${at + 1}` })), {
        ...generate(`step-${count}`),
      });
    await publish('many', many(200));
    const copies = (count: number) =>
      of(...Array.from({ length: count }, (_, at) => ({ ...inside('many'), id: `copy-${at}` })));
    expect((await publish('twice', copies(2))).version).toBe(1);
    const find = jest.spyOn(catalogue, 'find');
    const issues = await refused('often', copies(400));
    expect(issues.every((issue) => issue.includes('500 steps'))).toBe(true);
    expect(find.mock.calls.length).toBeLessThan(10);
    find.mockRestore();
    expect(await catalogue.find(admin.org, 'often')).toBeUndefined();
  });
});
