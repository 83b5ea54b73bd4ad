import { AppError } from '../../src/kernel/index.js';
import { chat, generate, inputsOf, review, smallWorkflows } from '../support/small-workflows.js';
import { newTurnWriter } from '../support/turn-writer.js';
import { inputOf, outcomeOf, resolved, story, workflowProcesses } from '../support/workflow-processes.js';

const on = workflowProcesses();
const { execute, again, end } = on;
const { turnOf, ranIn } = smallWorkflows(on);

const OBJECT = { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] };

describe('steps that say nothing', () => {
  const STEPS = [
    { id: 'read', title: 'Read', kind: 'extract', schema: OBJECT, next: 'way' },
    {
      ...{ id: 'way', title: 'Way', kind: 'branch', next: 'other' },
      cases: [{ when: 'state.read.topic == "tea"', to: 'tea' }],
    },
    chat('tea', { instructions: 'Speak about {{state.read.topic}}.' }),
    chat('other'),
  ];

  it('lead to the one that answers the message, in the same turn', async () => {
    on.says = { read: ['{"topic":"tea"}'], tea: ['Tea it is.'] };
    const turn = await turnOf(STEPS);
    const execution = await execute(turn);
    expect(story(execution.events)).toEqual([
      ...['started read 0', 'step_started read 0', 'step_completed read 1', 'transitioned way 1', 'at way 1'],
      ...['step_started way 1', 'step_completed way 2', 'transitioned tea 2', 'at tea 2'],
      ...['step_started tea 2', 'Tea it is.'],
    ]);
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'tea', status: 'completed' });
    expect(on.askedFor).toEqual(['read', 'tea']);
    expect(on.asked[1]![0]!.content).toContain('Speak about tea.');
    expect(await ranIn(turn)).toEqual(['read completed', 'way completed', 'tea completed']);
  });

  it('ask once more for what is not by the schema, and fail then', async () => {
    on.says = { read: ['I think it is tea.', '```json\n{"topic":"coffee"}\n```'] };
    expect(story((await execute(await turnOf(STEPS))).events)).toContain('step_started other 2');
    expect(on.askedFor).toEqual(['read', 'read', 'other']);
    on.says = { read: ['{"topic":1}'] };
    await expect(execute(await turnOf(STEPS))).rejects.toMatchObject({ code: 'PROVIDER_ERROR' });
  });

  it('stand in the templates of later ones as short lines, whatever they hold', async () => {
    on.says = { read: [JSON.stringify({ topic: 'tea' }), JSON.stringify({ topic: 'x' })] };
    const steps = [
      ...STEPS.slice(0, 2),
      chat('tea', { instructions: '<{{state.read.constructor}}{{state.__proto__}}>' }),
      STEPS[3]!,
    ];
    await execute(await turnOf(steps));
    expect(on.asked[1]![0]!.content).toContain('<>');
  });
});

describe('a step that fails', () => {
  const late = () => new AppError('PROVIDER_UNAVAILABLE', 'Later.');

  it('leads on where its workflow says so, with the error as its variable', async () => {
    on.failure = { at: 1, error: new AppError('MODEL_REFUSED', 'No.') };
    const steps = [
      generate('ask', { into: 'ask', onError: 'sorry' }),
      chat('sorry', { instructions: '{{state.ask.error.code}}' }),
    ];
    const execution = await execute(await turnOf(steps));
    expect(story(execution.events)).toEqual(
      expect.arrayContaining(['failed ask 1', 'transitioned sorry 1', 'step_started sorry 1']),
    );
    expect(on.asked[1]![0]!.content).toContain('MODEL_REFUSED');
  });

  it('is tried again where that may help, and what it said is taken back', async () => {
    on.failure = { at: 1, error: late() };
    const { events } = await execute(await turnOf([chat('ask', { retries: { max: 2, backoffMs: 0 } })]));
    expect(events.filter(({ type }) => type === 'reset')).toHaveLength(1);
    expect(on.askedFor).toEqual(['ask', 'ask']);
    on.failure = { at: 3, error: new AppError('MODEL_REFUSED', 'No.') };
    await expect(
      execute(await turnOf([chat('ask', { retries: { max: 2, backoffMs: 0 } })])),
    ).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
    });
  });

  it('has what it was saying taken back where the run goes on without it', async () => {
    on.failure = { at: 1, error: new AppError('MODEL_REFUSED', 'No.') };
    const turn = await turnOf([chat('ask', { onError: 'sorry' }), chat('sorry')]);
    const { events } = await execute(turn);
    const said = events.filter(({ type }) => ['text', 'reset', 'message_end'].includes(type));
    expect(said).toMatchObject([
      { type: 'text', text: 'Answer 1' },
      { type: 'reset', reason: 'MODEL_REFUSED' },
      { type: 'text', text: 'Answer 2' },
    ]);
  });

  it('is shown with its run, which stays at it', async () => {
    on.failure = { at: 2, error: late() };
    const turn = await turnOf([chat('first', { next: 'second' }), generate('second')]);
    await expect(execute(turn)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(await ranIn(turn)).toEqual(['first completed', 'second failed']);
    expect(await on.runs(turn.threadId)).toMatchObject([
      { step: 'second', status: 'waiting', steps_done: 1 },
    ]);
  });
});

describe('steps side by side', () => {
  const REVIEWS = [
    chat('draft', { next: 'reviews' }),
    {
      ...{ id: 'reviews', title: 'Reviews', kind: 'parallel', next: 'decide' },
      branches: [
        {
          id: 'one',
          start: 'check',
          steps: [review('check', { role: 'one', next: 'note' }), generate('note')],
        },
        { id: 'two', start: 'check', steps: [review('check', { role: 'two' })] },
      ],
    },
    {
      ...{ id: 'decide', title: 'Decide', kind: 'branch', next: 'no' },
      cases: [
        {
          when: 'state.reviews.one.check.ok && has(state.reviews.two.check) && state.reviews.two.check.ok',
          to: 'yes',
        },
      ],
    },
    generate('yes'),
    generate('no'),
  ];

  it('ask two people at once, and go on when both have answered', async () => {
    const turn = await turnOf(REVIEWS);
    const first = await execute(turn);
    const inputs = inputsOf(first);
    expect(inputs.map(({ role }) => role)).toEqual(['one', 'two']);
    const both = inputs.map((input) => resolved(input, 'accepted', { ok: true }));
    const second = await again(turn, both);
    expect(story(second.events).slice(0, story(first.events).length)).toEqual(story(first.events));
    expect(outcomeOf(second).workflow).toMatchObject({ step: 'yes', status: 'completed' });
    expect((await ranIn(turn)).toSorted()).toEqual([
      ...['decide completed', 'draft completed', 'reviews opened', 'reviews/one/check completed'],
      ...['reviews/one/note completed', 'reviews/two/check completed', 'yes completed'],
    ]);
    // A step beside others says nothing to the user.
    expect(second.events.filter(({ type }) => type === 'message_end')).toHaveLength(1);
  });

  it('go where one that is declined or late leads', async () => {
    const turn = await turnOf(REVIEWS);
    const [one, two] = inputsOf(await execute(turn));
    const second = await again(turn, [resolved(one!, 'accepted', { ok: true }), resolved(two!, 'expired')]);
    expect(outcomeOf(second).workflow).toMatchObject({ step: 'no' });
    expect(await ranIn(turn)).toContain('reviews/two/check skipped');
  });

  const EACH = [
    generate('list', {
      schema: { type: 'object', properties: { items: { type: 'array' } } },
      into: 'list',
      next: 'each',
    }),
    {
      ...{
        id: 'each',
        title: 'Each',
        kind: 'foreach',
        items: 'state.list.items',
        concurrency: 2,
        next: 'sum',
      },
      ...{
        start: 'look',
        steps: [
          generate('look', { prompt: 'Look at {{item}} ({{index}}).', next: 'rate' }),
          generate('rate'),
        ],
      },
    },
    chat('sum', { instructions: '{{#state.each}}{{look}}/{{rate}};{{/state.each}}' }),
  ];
  const ITEMS = ['tea', 'milk', 'honey'];
  const SAYS = {
    list: [JSON.stringify({ items: ITEMS })],
    ...Object.fromEntries(
      ITEMS.flatMap((item, at) => [
        [`each/${at}/look`, [item]],
        [`each/${at}/rate`, [`${item}!`]],
      ]),
    ),
  };

  it('are run for each item of a list', async () => {
    on.says = SAYS;
    const turn = await turnOf(EACH);
    const execution = await execute(turn);
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'sum', status: 'completed' });
    expect(on.asked.at(-1)![0]!.content).toContain('tea/tea!;milk/milk!;honey/honey!;');
    expect(on.asked.map((messages) => messages.at(-1)!.content)).toContain('Hi\n\nLook at milk (1).');
    expect(await ranIn(turn)).toHaveLength(9);
  });

  it('are each run once, wherever the process dies', async () => {
    on.says = SAYS;
    for (let survived = 1; survived < 12; survived += 1) {
      const turn = await turnOf(EACH);
      await execute(turn, survived);
      const done = (await ranIn(turn)).map((line) => line.split(' ')[0]!);
      const before = on.askedFor.length;
      const execution = await again(turn);
      const askedAgain = on.askedFor.slice(before);
      expect(askedAgain.filter((step) => done.includes(step))).toEqual([]);
      expect(new Set(askedAgain).size).toBe(askedAgain.length);
      expect(outcomeOf(execution).workflow).toMatchObject({ step: 'sum', status: 'completed' });
      expect(on.asked.at(-1)![0]!.content).toContain('tea/tea!;milk/milk!;honey/honey!;');
      expect(new Set(await ranIn(turn)).size).toBe(9);
    }
  });

  it('are left together where one fails and the step around them leads on', async () => {
    on.says = SAYS;
    on.failure = { at: 2, error: new AppError('MODEL_REFUSED', 'No.') };
    const turn = await turnOf([EACH[0]!, { ...EACH[1]!, onError: 'sum' }, EACH[2]!]);
    const execution = await execute(turn);
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'sum', status: 'completed' });
  });
});

describe('a workflow inside another one', () => {
  it('has variables of its own, and goes on over several messages', async () => {
    on.define(1, {
      ...{ name: 'inner', title: 'Inner', description: '', start: 'ask' },
      steps: [
        chat('ask', { instructions: 'Ask about {{input.topic}}.', next: 'note' }),
        generate('note', { into: 'note' }),
      ],
    });
    const steps = [
      {
        id: 'inside',
        title: 'Inside',
        kind: 'subworkflow',
        workflow: 'inner',
        version: 1,
        input: { topic: '{{message}}' },
        next: 'after',
      },
      chat('after', { instructions: 'It was {{state.inside.note}}.' }),
    ];
    const turn = await turnOf(steps, 'tea');
    on.says = { 'inside/note': ['noted'] };
    const first = await execute(turn);
    expect(on.asked[0]![0]!.content).toContain('Ask about tea.');
    expect(outcomeOf(first).state).toMatchObject({ step: 'after', status: 'waiting' });
    await end(turn.turnId, first);
    const next = await newTurnWriter(on.pool, turn.threadId, { parent: turn.turnId });
    const second = await execute(inputOf(next, turn.workflow, 1, 'more'));
    expect(on.asked.at(-1)![0]!.content).toContain('It was noted.');
    expect(outcomeOf(second).workflow).toMatchObject({ step: 'after', status: 'completed' });
  });
});
