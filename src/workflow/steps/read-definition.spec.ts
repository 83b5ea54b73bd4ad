import { readDefinition } from './read-definition.js';

const reply = { id: 'reply', title: 'Reply' };
const definition = { title: 'Ours', start: 'reply', steps: [reply] };
const issuesOf = (body: unknown) => readDefinition(body, 'ours', 1).issues;
const pathsOf = (body: unknown) => issuesOf(body)?.map(({ path }) => path.join('.'));

describe('a definition', () => {
  it('is read from JSON and from YAML, with the name and version that it is given', () => {
    const expected = {
      name: 'ours',
      version: 1,
      title: 'Ours',
      steps: [{ ...reply, instructions: '', retrieve: false }],
    };
    expect(readDefinition(definition, 'ours', 1).definition).toMatchObject(expected);
    const yaml = 'title: Ours\nstart: reply\nsteps:\n  - id: reply\n    title: Reply\n';
    expect(readDefinition({ yaml }, 'ours', 1).definition).toMatchObject(expected);
  });

  it.each([
    ['a step that is not there', { ...definition, steps: [{ ...reply, next: 'nowhere' }] }, 'steps.0.next'],
    ['an unknown kind', { ...definition, steps: [{ ...reply, kind: 'dance' }] }, 'steps.0.kind'],
    [
      'a condition that cannot be read',
      { ...definition, steps: [{ ...reply, kind: 'branch', cases: [{ when: '1 +', to: 'reply' }] }] },
      'steps.0.cases.0.when',
    ],
    [
      'a regular expression in a condition',
      {
        ...definition,
        steps: [{ ...reply, kind: 'branch', cases: [{ when: 'message.matches("(a+)+$")', to: 'reply' }] }],
      },
      'steps.0.cases.0.when',
    ],
    [
      'a template with a partial',
      { ...definition, steps: [{ ...reply, instructions: '{{> x}}' }] },
      'steps.0.instructions',
    ],
    [
      'a chat step beside others',
      {
        ...definition,
        steps: [
          {
            ...reply,
            kind: 'parallel',
            branches: [{ id: 'one', start: 'in', steps: [{ ...reply, id: 'in' }] }],
          },
        ],
      },
      'steps.0.branches.0.steps.0.kind',
    ],
    ['another name', { ...definition, name: 'theirs' }, 'name'],
    ['YAML that is none', { yaml: 'title: [' }, 'yaml'],
    ['YAML that names what it has said', { yaml: 'title: &a x\nstart: *a\nsteps: []' }, 'yaml'],
    [
      'a prototype',
      JSON.parse('{"title":"x","start":"a","steps":[{"__proto__":{"id":"a"}}]}'),
      'steps.0.__proto__',
    ],
  ])('with %s is refused, and told where', (_, body, path) => {
    expect(pathsOf(body)).toContain(path);
  });

  it.each(['schema', 'runs', 'Ours', ''])('is not called %j', (name) => {
    expect(readDefinition(definition, name, 1).issues?.map(({ path }) => path)).toEqual([['name']]);
  });

  const deep = () => {
    let inner: object = reply;
    for (let depth = 0; depth < 1_000; depth += 1)
      inner = { ...reply, kind: 'foreach', items: 'state.x', start: 'reply', steps: [inner] };
    return { ...definition, steps: [inner] };
  };
  it.each([
    ['ten megabytes', () => ({ ...definition, description: 'x'.repeat(10_000_000) })],
    [
      'ten thousand steps',
      () => ({
        ...definition,
        steps: Array.from({ length: 10_000 }, (_, at) => ({ ...reply, id: `s${at}` })),
      }),
    ],
    ['steps a thousand levels inside each other', deep],
    ['a hundred thousand values', () => ({ ...definition, steps: Array.from({ length: 100_000 }, () => 0) })],
  ])('of %s is refused without being gone through to its end', (_, body) => {
    expect(issuesOf(body())?.length).toBeGreaterThan(0);
  });
});
