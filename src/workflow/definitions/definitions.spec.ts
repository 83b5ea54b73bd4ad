import { agent } from './agent.js';
import { chat } from './chat.js';
import { guidedIntake } from './guided-intake.js';
import { reviewedIntake } from './reviewed-intake.js';
import { stepOf } from '../core/definition.js';
import { advance, closing, opening, type WorkflowRun } from '../core/run.js';
import type { WorkflowDefinition } from '../steps/kinds.js';

const runOf = (definition: WorkflowDefinition, step: string, stepsDone: number): WorkflowRun => ({
  id: 'run',
  threadId: 'thread',
  workflow: definition.name,
  version: definition.version,
  step,
  status: 'waiting',
  stepsDone,
  createdAt: '',
  updatedAt: '',
  endedAt: null,
});

/** What is told of a step, from its start to what follows it: status, step and progress. */
function told(definition: WorkflowDefinition, run: WorkflowRun, isNew = false) {
  const to = advance(run, stepOf(definition, run.step));
  return [...opening(run, definition, isNew), ...closing(run, definition, to)].map(
    ({ data }) => `${data.status} ${data.step} ${data.progress.done}/${data.progress.total}`,
  );
}

describe('a workflow run', () => {
  it('goes through guided intake in three messages and is complete after the last', () => {
    expect(told(guidedIntake, runOf(guidedIntake, 'ask', 0), true)).toEqual([
      'started ask 0/3',
      'step_started ask 0/3',
      'step_completed ask 1/3',
      'transitioned clarify 1/3',
      'waiting clarify 1/3',
    ]);
    expect(told(guidedIntake, runOf(guidedIntake, 'clarify', 1))).toEqual([
      'step_started clarify 1/3',
      'step_completed clarify 2/3',
      'transitioned summarise 2/3',
      'waiting summarise 2/3',
    ]);
    expect(told(guidedIntake, runOf(guidedIntake, 'summarise', 2))).toEqual([
      'step_started summarise 2/3',
      'step_completed summarise 3/3',
    ]);
    expect(advance(runOf(guidedIntake, 'summarise', 2), stepOf(guidedIntake, 'summarise'))).toEqual({
      step: 'summarise',
      status: 'completed',
      stepsDone: 3,
    });
  });

  it('waits for the review in the turn that has summed it up', () => {
    const run = runOf(reviewedIntake, 'summarise', 2);
    const to = advance(run, stepOf(reviewedIntake, 'summarise'));
    expect(
      closing(run, reviewedIntake, to, { goesOn: true }).map(({ data }) => `${data.status} ${data.step}`),
    ).toEqual(['step_completed summarise', 'transitioned review']);
    expect(
      opening({ ...run, ...to }, reviewedIntake, false).map(({ data }) => `${data.status} ${data.step}`),
    ).toEqual(['step_started review', 'waiting review']);
  });

  it.each([
    [chat, 'reply'],
    [agent, 'act'],
  ])('waits at an open step for ever ($name)', (definition, step) => {
    expect(told(definition, runOf(definition, step, 0), true)).toEqual([
      `started ${step} 0/1`,
      `step_started ${step} 0/1`,
      `waiting ${step} 0/1`,
    ]);
    expect(advance(runOf(definition, step, 0), stepOf(definition, step))).toEqual({
      step,
      status: 'waiting',
      stepsDone: 0,
    });
  });

  it('has tools by itself where its workflow says so', () => {
    expect(stepOf(agent, 'act')).toMatchObject({ tools: true });
    expect(stepOf(chat, 'reply')).not.toHaveProperty('tools');
  });
});
