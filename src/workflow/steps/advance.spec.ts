import { flowFor, type WorkflowDefinition } from './kinds.js';
import { definedAt, nodeAt, type Flow } from '../core/flow.js';
import { advanceOf, stateOf } from '../core/run.js';
import { advance, initialState, remaining, type RunEvent, type RunState } from '../core/run-state.js';

/** A source of numbers that a seed repeats. */
function randomFrom(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { below: (limit: number) => Math.floor(next() * limit), chance: (of: number) => next() < of };
}

type Random = ReturnType<typeof randomFrom>;

const KINDS = [
  'chat',
  'generate',
  'branch',
  'human',
  'parallel',
  'foreach',
  'subworkflow',
  'end',
  'wait',
] as const;

/** A body of steps of all kinds that lead anywhere, also nowhere and to themselves. */
function randomBody(random: Random, depth: number) {
  const count = 1 + random.below(5);
  const ids = Array.from({ length: count }, (_, at) => `s${at}`);
  const some = () => (random.chance(0.75) ? ids[random.below(count)]! : undefined);
  const steps: object[] = ids.map((id) => {
    const kind = KINDS[random.below(depth > 2 ? 4 : KINDS.length)]!;
    const common = { id, title: id, kind, next: some(), onError: random.chance(0.3) ? some() : undefined };
    if (kind === 'branch') return { ...common, cases: [{ when: 'true', to: some() ?? id }] };
    if (kind === 'parallel') {
      const branches = Array.from({ length: 1 + random.below(3) }, (_, at) => ({
        id: `b${at}`,
        ...randomBody(random, depth + 1),
      }));
      return { ...common, branches };
    }
    if (kind === 'foreach')
      return { ...common, items: 'state.list', concurrency: 2, ...randomBody(random, depth + 1) };
    if (kind === 'subworkflow')
      return { ...common, workflow: 'w', input: {}, body: randomBody(random, depth + 1) };
    return common;
  });
  return { start: ids[random.below(count)]!, steps };
}

const flowOfSeed = (random: Random): Flow =>
  flowFor({
    ...{ name: 'random', version: 1, title: 'Random', description: '', maxSteps: 1 + random.below(60) },
    ...randomBody(random, 0),
  } as unknown as WorkflowDefinition);

/** Something that could happen to a run, mostly to a step that is active. */
function randomEvent(random: Random, flow: Flow, { active }: RunState): RunEvent {
  if (random.chance(0.05)) return { type: 'message' };
  const paths = [...flow.nodes.keys()];
  const isMeant = active.length > 0 && random.chance(0.9);
  const at = isMeant ? active[random.below(active.length)]!.at : paths[random.below(paths.length)]!;
  const node = nodeAt(flow, at);
  const bodies = [...flow.nodes.values()].filter(({ path }) => path.startsWith(`${definedAt(at)}/`));
  if (bodies.length > 0 && random.chance(0.8)) {
    const inside = bodies
      .map(({ path }) => path.slice(definedAt(at).length + 1))
      .filter((path) => path.split('/').length <= (node?.step.kind === 'subworkflow' ? 1 : 2));
    const starts =
      node?.step.kind === 'foreach'
        ? [0, 1, 2].map((index) => inside[0]!.replace('*', String(index)))
        : inside.slice(0, 3);
    const byBranch = new Map(starts.map((start) => [start.split('/')[0], start]));
    const isOne = node?.step.kind === 'subworkflow';
    return {
      type: 'opened',
      at,
      bodies: isOne ? starts.slice(0, 1) : [...byBranch.values()],
      atOnce: 1 + random.below(3),
    };
  }
  const ids = flow.definition.steps.map(({ id }) => id);
  const to = random.chance(0.2) ? undefined : random.chance(0.9) ? ids[random.below(ids.length)] : 'nowhere';
  const types = ['completed', 'completed', 'completed', 'stays', 'ended', 'failed'] as const;
  const type = types[random.below(types.length)]!;
  return type === 'completed' ? { type, at, to } : { type, at };
}

const RUNS = 300;
const EVENTS = 60;

describe('a run', () => {
  it('stays within its definition whatever happens, and stands where the same events lead again', () => {
    let [completed, opened] = [0, 0];
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = randomFrom(seed);
      const flow = flowOfSeed(random);
      const events: RunEvent[] = [];
      let state = initialState(flow);
      for (let at = 0; at < EVENTS; at += 1) {
        const event = randomEvent(random, flow, state);
        const before = structuredClone(state);
        const { state: next } = advance(flow, state, event);
        expect(state).toEqual(before);
        events.push(event);
        for (const { at: place } of [...next.active, ...next.open]) expect(nodeAt(flow, place)).toBeDefined();
        expect(nodeAt(flow, next.place)).toBeDefined();
        expect(next.status === 'completed').toBe(next.active.length === 0);
        expect(next.stepsDone).toBeGreaterThanOrEqual(state.stepsDone);
        expect(new Set(next.active.map((one) => one.at)).size).toBe(next.active.length);
        for (const { begun, ended, bodies } of next.open) {
          expect(ended).toBeLessThan(begun);
          expect(begun).toBeLessThanOrEqual(bodies.length);
        }
        expect(remaining(flow, next)).toBeGreaterThanOrEqual(0);
        // What is stored of it is all there is to it.
        expect(stateOf(JSON.parse(JSON.stringify(advanceOf(next))), next.inARow)).toEqual(next);
        opened += next.open.length;
        state = next;
      }
      if (state.status === 'completed') completed += 1;
      expect(events.reduce((at, event) => advance(flow, at, event).state, initialState(flow))).toEqual(state);
    }
    // The runs are not all alike.
    expect(completed).toBeGreaterThan(RUNS / 10);
    expect(opened).toBeGreaterThan(RUNS / 10);
  });
});

const definition = (steps: object[], more: object = {}) =>
  ({
    name: 'w',
    version: 1,
    title: 'W',
    description: '',
    start: 'a',
    steps,
    ...more,
  }) as unknown as WorkflowDefinition;
const step = (id: string, more: object = {}) => ({ id, title: id, kind: 'generate', ...more });

describe('steps side by side', () => {
  const flow = flowFor(
    definition([
      step('a', {
        kind: 'foreach',
        items: 'state.list',
        start: 'one',
        steps: [step('one', { next: 'two' }), step('two')],
        next: 'b',
        onError: 'c',
      }),
      step('b'),
      step('c'),
    ]),
  );
  const places = ({ active }: RunState) => active.map(({ at }) => at);
  const open = () =>
    advance(flow, initialState(flow), {
      type: 'opened',
      at: 'a',
      bodies: ['0/one', '1/one', '2/one'],
      atOnce: 2,
    }).state;

  it('are as many at once as are allowed, and the others follow', () => {
    let state = open();
    expect(places(state)).toEqual(['a/0/one', 'a/1/one']);
    state = advance(flow, state, { type: 'completed', at: 'a/1/one', to: 'two' }).state;
    expect(places(state)).toEqual(['a/0/one', 'a/1/two']);
    state = advance(flow, state, { type: 'completed', at: 'a/1/two' }).state;
    expect(places(state)).toEqual(['a/0/one', 'a/2/one']);
  });

  it('are left when the last has ended', () => {
    let state = open();
    let effects: readonly unknown[] = [];
    while (state.open.length > 0) {
      const [{ at } = { at: '' }] = state.active;
      ({ state, effects } = advance(flow, state, { type: 'ended', at }));
    }
    expect(places(state)).toEqual(['b']);
    expect(effects).toEqual([
      { type: 'left', at: 'a/2/one' },
      { type: 'left', at: 'a' },
      { type: 'entered', at: 'b' },
    ]);
  });

  it('are all left where the step around them leads on from a failure', () => {
    const { state, effects } = advance(flow, open(), { type: 'failed', at: 'a/0/one' });
    expect(places(state)).toEqual(['c']);
    expect(state.open).toEqual([]);
    expect(effects).toEqual([
      { type: 'left', at: 'a' },
      { type: 'entered', at: 'c' },
    ]);
  });

  it('count for the progress of the run', () => {
    expect(remaining(flow, initialState(flow))).toBe(4);
    // Two steps for each of three items, and the one that follows.
    expect(remaining(flow, open())).toBe(7);
  });
});

describe('a run that does not come to an end', () => {
  it('is stuck when it has run as many steps as it may, until there is a message', () => {
    const flow = flowFor(definition([step('a', { kind: 'branch', cases: [], next: 'a' })], { maxSteps: 3 }));
    let state = initialState(flow);
    for (let count = 1; count <= 3; count += 1) {
      const next = advance(flow, state, { type: 'completed', at: 'a', to: 'a' });
      expect(next.effects.some(({ type }) => type === 'stuck')).toBe(count === 3);
      state = next.state;
    }
    state = advance(flow, state, { type: 'message' }).state;
    expect(advance(flow, state, { type: 'completed', at: 'a', to: 'a' }).effects.at(-1)).toEqual({
      type: 'entered',
      at: 'a',
    });
  });
});
