import { chat, generate, inputsOf, review, smallWorkflows } from '../support/small-workflows.js';
import { newTurnWriter } from '../support/turn-writer.js';
import { inputOf, outcomeOf, resolved, story, workflowProcesses } from '../support/workflow-processes.js';

const on = workflowProcesses();
const { newThread, execute, again } = on;
const { turnOf } = smallWorkflows(on);

describe('a step that waits', () => {
  it('goes on when its time has come, and once', async () => {
    const turn = await turnOf([
      { id: 'pause', title: 'Pause', kind: 'wait', seconds: 30 * 24 * 3600, next: 'hello' },
      chat('hello'),
    ]);
    const [input] = inputsOf(await execute(turn));
    expect(Date.parse(input!.expiresAt) - Date.now()).toBeGreaterThan(29 * 24 * 3600 * 1_000);
    const execution = await again(turn, [resolved(input!, 'expired')]);
    expect(story(execution.events)).toContain('step_started hello 1');
    expect(on.askedFor).toEqual(['hello']);
  });

  it('does not wait for what is over', async () => {
    const turn = await turnOf([
      { id: 'pause', title: 'Pause', kind: 'wait', until: '2020-01-01T00:00:00Z', next: 'hello' },
      chat('hello'),
    ]);
    expect(outcomeOf(await execute(turn)).workflow).toMatchObject({ step: 'hello' });
  });
});

describe('a run that comes to no end', () => {
  it('fails when it has run as many steps as it may, and the next message goes on with it', async () => {
    const steps = [{ id: 'round', title: 'Round', kind: 'branch', cases: [{ when: 'true', to: 'round' }] }];
    const turn = await turnOf(steps, 'Hi', { maxSteps: 5 });
    await expect(execute(turn)).rejects.toMatchObject({ code: 'STATE_CONFLICT', details: { maxSteps: 5 } });
    expect(await on.runs(turn.threadId)).toMatchObject([{ step: 'round', status: 'waiting', steps_done: 5 }]);
  });
});

describe('a version that is changed while a turn waits', () => {
  it('is left to that turn as it was; a new thread has the new one', async () => {
    const name = 'changing';
    const version = (id: string) => ({
      ...{ name, title: 'Changing', description: '', start: 'ask' },
      steps: [chat('ask', { next: 'check' }), review('check', { next: id }), generate(id)],
    });
    on.define(1, version('old'));
    const turn = inputOf(await newTurnWriter(on.pool, await newThread(name)), name, 1);
    const [input] = inputsOf(await execute(turn));
    on.define(2, version('new'));
    const execution = await again(turn, [resolved(input!, 'accepted', { ok: true })]);
    expect(outcomeOf(execution).workflow).toMatchObject({ step: 'old', status: 'completed' });
    const other = inputOf(await newTurnWriter(on.pool, await newThread(name, 2)), name, 2);
    const [asked] = inputsOf(await execute(other));
    expect(
      outcomeOf(await again(other, [resolved(asked!, 'accepted', { ok: true })])).workflow,
    ).toMatchObject({ step: 'new' });
  });
});
