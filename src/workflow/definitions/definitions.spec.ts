import { agent } from './agent.js';
import { chat } from './chat.js';
import { guidedIntake } from './guided-intake.js';
import { reviewedIntake } from './reviewed-intake.js';
import { stepOf } from '../core/definition.js';
import { advanceOf, closing, isOpen, opening } from '../core/run.js';
import { advance, type RunState } from '../core/run-state.js';
import { flowFor, type WorkflowDefinition } from '../steps/kinds.js';

const runOf = (_definition: WorkflowDefinition, step: string, stepsDone: number): RunState => ({
  ...{ active: [{ at: step, since: stepsDone }], open: [], status: 'waiting' },
  ...{ stepsDone, inARow: 0, place: step },
});

const toldOf = (definition: WorkflowDefinition) => ({
  run: { id: 'run', workflow: definition.name, version: definition.version },
  flow: flowFor(definition),
});

/** Where the run stands when its step has said something, and what comes of it. */
function after(definition: WorkflowDefinition, run: RunState) {
  const step = stepOf(definition, run.place);
  const at = run.place;
  const event = isOpen(step)
    ? ({ type: 'stays', at } as const)
    : ({ type: 'completed', at, to: 'next' in step ? step.next : undefined } as const);
  return advance(flowFor(definition), run, event);
}

/** What is told of a step, from its start to what follows it: status, step and progress. */
function told(definition: WorkflowDefinition, run: RunState, isNew = false) {
  const of = toldOf(definition);
  const closed = closing(of, run.place, after(definition, run), { how: 'step_completed', goesOn: false });
  return [...opening(of, run, run.place, isNew), ...closed].map(
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
    expect(advanceOf(after(guidedIntake, runOf(guidedIntake, 'summarise', 2)).state)).toEqual({
      step: 'summarise',
      status: 'completed',
      stepsDone: 3,
    });
  });

  it('waits for the review in the turn that has summed it up', () => {
    const run = runOf(reviewedIntake, 'summarise', 2);
    const to = after(reviewedIntake, run);
    const of = toldOf(reviewedIntake);
    expect(
      closing(of, 'summarise', to, { how: 'step_completed', goesOn: true }).map(
        ({ data }) => `${data.status} ${data.step}`,
      ),
    ).toEqual(['step_completed summarise', 'transitioned review']);
    expect(opening(of, to.state, 'review', false).map(({ data }) => `${data.status} ${data.step}`)).toEqual([
      'step_started review',
      'waiting review',
    ]);
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
    expect(advanceOf(after(definition, runOf(definition, step, 0)).state)).toEqual({
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
