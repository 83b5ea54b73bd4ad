import type { Caller } from '../../kernel/index.js';
import type { TurnContext } from '../ports/turn-executor.js';
import type { TurnHappening } from '../ports/told-along.js';
import type { TurnEnd, TurnWait } from '../ports/turn-store.js';

/** What other systems are told of a turn's end, and of that of its workflow's run where it ends with it. */
export function endHappenings(end: TurnEnd): readonly TurnHappening[] {
  const { context, outcome, error, workflowRunId, workflowState } = end;
  const at = end.events.at(-1)?.at ?? new Date().toISOString();
  const own = ownOf(context, workflowRunId);
  const ended = happening('turn_ended', context.caller, at, {
    ...{ ...own, status: outcome },
    ...(error !== null && { error: error.code }),
  });
  if (outcome !== 'completed' || workflowState?.status !== 'completed') return [ended];
  const run = { ...own, workflowRunId: workflowState.runId, status: 'completed' };
  return [ended, happening('run_ended', context.caller, at, run)];
}

/** The same of a turn that waits for people. */
export function waitHappenings({
  context,
  events,
  inputs,
  workflowRunId,
}: TurnWait): readonly TurnHappening[] {
  const at = events.at(-1)?.at ?? new Date().toISOString();
  const asked = inputs.map(({ id, kind, expiresAt, assignee, role }) => ({
    ...{ id, kind, expiresAt },
    ...(assignee !== undefined && { assignee }),
    ...(role !== undefined && { role }),
  }));
  return [
    happening('turn_waiting', context.caller, at, {
      ...ownOf(context, workflowRunId),
      status: 'waiting',
      inputs: asked,
    }),
  ];
}

/** The same of a turn that ended before it began. */
export function stoppedHappening(
  { org, user }: Pick<TurnHappening, 'org' | 'user'>,
  data: Readonly<Record<string, unknown>>,
  at: string,
): TurnHappening {
  return { type: 'turn_ended', org, user, at, data };
}

function ownOf({ threadId, turnId, workflow }: TurnContext, workflowRunId: string | null) {
  return { threadId, turnId, workflow: workflow.name, workflowVersion: workflow.version, workflowRunId };
}

function happening(
  type: TurnHappening['type'],
  { org, id: user }: Caller,
  at: string,
  data: TurnHappening['data'],
): TurnHappening {
  return { type, org, user, at, data };
}
