import { aroundOf, beside, nodeAt, scopeOf, type Flow } from './flow.js';

/** A step that is to be run or runs: its place, and how many steps were done when the run came to it. */
export interface ActiveStep {
  readonly at: string;
  readonly since: number;
}

/** A step whose bodies are run side by side. */
export interface OpenStep {
  readonly at: string;
  /** Where each of its bodies begins. */
  readonly bodies: readonly string[];
  /** How many of them have begun, and how many of those have ended. */
  readonly begun: number;
  readonly ended: number;
}

/** Where a run stands: the steps that are active, and those that they are inside of. */
export interface RunState {
  readonly active: readonly ActiveStep[];
  readonly open: readonly OpenStep[];
  readonly status: 'waiting' | 'completed';
  /** How often a step has been completed in the run. */
  readonly stepsDone: number;
  /** The same since the last message of the user. */
  readonly inARow: number;
  /** The last step that was completed outside of all others, or is next there. */
  readonly place: string;
}

/** What has happened in a run. `at`: the place of the active step to which it has. */
export type RunEvent =
  /** It is completed. `to`: the step beside it that follows; absent: none does. */
  | { readonly type: 'completed'; readonly at: string; readonly to?: string | undefined }
  /** It has answered a message, and answers the next one as well. */
  | { readonly type: 'stays'; readonly at: string }
  /** It goes on inside it, where its bodies begin, at most so many of them at once. */
  | {
      readonly type: 'opened';
      readonly at: string;
      readonly bodies: readonly string[];
      readonly atOnce: number;
    }
  /** The run is over, or the body that the step is in. */
  | { readonly type: 'ended'; readonly at: string }
  | { readonly type: 'failed'; readonly at: string }
  /** The user has said something. */
  | { readonly type: 'message' };

/** What comes of an event. */
export type RunEffect =
  | { readonly type: 'left'; readonly at: string }
  | { readonly type: 'entered'; readonly at: string }
  /** The run is complete. */
  | { readonly type: 'finished' }
  /** Nothing leads on from a failure: the run stays where it is. */
  | { readonly type: 'stuck'; readonly at: string; readonly reason: 'failed' | 'too many steps' };

export interface Advanced {
  readonly state: RunState;
  readonly effects: readonly RunEffect[];
}

/** A run that has not begun. */
export function initialState({ definition }: Flow): RunState {
  const { start } = definition;
  return {
    ...{ active: [{ at: start, since: 0 }], open: [], status: 'waiting' },
    ...{ stepsDone: 0, inARow: 0, place: start },
  };
}

/**
 * Where a run stands after an event, and what comes of it. It is pure, and answers for every state and event: what happens
 * to a step that is not active changes nothing.
 */
export function advance(flow: Flow, state: RunState, event: RunEvent): Advanced {
  if (event.type === 'message') return { state: { ...state, inARow: 0 }, effects: [] };
  const { at } = event;
  if (state.status !== 'waiting' || !state.active.some((active) => active.at === at)) return same(state);
  switch (event.type) {
    case 'completed':
      return follow(flow, done(state, at), at, event.to);
    case 'stays':
      return same(state);
    case 'ended':
      return end(flow, done(state, at), at);
    case 'opened':
      return opened(flow, state, event);
    case 'failed':
      return failed(flow, state, at);
  }
}

function same(state: RunState): Advanced {
  return { state, effects: [] };
}

/** The step is completed and not active any more. */
function done(state: RunState, at: string): RunState {
  return {
    ...state,
    active: state.active.filter((active) => active.at !== at),
    stepsDone: state.stepsDone + 1,
    inARow: state.inARow + 1,
  };
}

/** Goes on with the step beside it, or out of the body that it was the last of. */
function follow(flow: Flow, state: RunState, at: string, to: string | undefined): Advanced {
  const left: RunEffect = { type: 'left', at };
  const next = to === undefined ? undefined : beside(at, to);
  if (next !== undefined && nodeAt(flow, next) !== undefined) return enter(flow, state, next, [left], at);
  return leave(flow, state, at, [left]);
}

function enter(
  flow: Flow,
  state: RunState,
  at: string,
  effects: readonly RunEffect[],
  from: string,
): Advanced {
  const active = [...state.active, { at, since: state.stepsDone }];
  const place = state.open.length === 0 ? at : state.place;
  const entered: RunEffect[] = [...effects, { type: 'entered', at }];
  const next = { ...state, active, place };
  if (state.inARow < flow.maxSteps || nodeAt(flow, at)?.needsMessage === true)
    return { state: next, effects: entered };
  return { state: next, effects: [...entered, { type: 'stuck', at: from, reason: 'too many steps' }] };
}

/** A body has come to its end. */
function leave(flow: Flow, state: RunState, at: string, effects: readonly RunEffect[]): Advanced {
  const [around] = aroundOf(flow, at);
  if (around === undefined) {
    return {
      state: { ...state, active: [], status: 'completed' },
      effects: [...effects, { type: 'finished' }],
    };
  }
  const open = state.open.find((one) => one.at === around);
  if (open === undefined) return close(flow, state, around, effects);
  const next = open.bodies[open.begun];
  const ended = { ...open, ended: open.ended + 1, begun: open.begun + (next === undefined ? 0 : 1) };
  const opens = state.open.map((one) => (one === open ? ended : one));
  if (next !== undefined) return enter(flow, { ...state, open: opens }, next, effects, at);
  if (ended.ended < ended.begun) return { state: { ...state, open: opens }, effects };
  return close(flow, { ...state, open: state.open.filter((one) => one !== open) }, around, effects);
}

/** All that is inside a step has come to its end. */
function close(flow: Flow, state: RunState, at: string, effects: readonly RunEffect[]): Advanced {
  const closed: RunEffect[] = [...effects, { type: 'left', at }];
  const to = nodeAt(flow, at)?.step.next;
  const next = to === undefined ? undefined : beside(at, to);
  if (next !== undefined && nodeAt(flow, next) !== undefined) return enter(flow, state, next, closed, at);
  return leave(flow, state, at, closed);
}

function end(flow: Flow, state: RunState, at: string): Advanced {
  return leave(flow, state, at, [{ type: 'left', at }]);
}

function opened(flow: Flow, state: RunState, event: Extract<RunEvent, { type: 'opened' }>): Advanced {
  const { at, atOnce } = event;
  const places = event.bodies.map((body) => `${at}/${body}`);
  const bodies = places.filter((place) => nodeAt(flow, place) !== undefined);
  const after = done(state, at);
  if (bodies.length === 0) return close(flow, after, at, []);
  const begun = bodies.slice(0, Math.max(1, atOnce));
  const active = [...after.active, ...begun.map((place) => ({ at: place, since: after.stepsDone }))];
  const effects = begun.map((place): RunEffect => ({ type: 'entered', at: place }));
  const stuck: RunEffect[] =
    after.inARow < flow.maxSteps ? [] : [{ type: 'stuck', at, reason: 'too many steps' }];
  // A body of its own that is not one of several needs no count.
  const isCounted = nodeAt(flow, at)?.step.kind !== 'subworkflow';
  const open = isCounted ? [...after.open, { at, bodies, begun: begun.length, ended: 0 }] : after.open;
  const place = after.open.length > 0 || isCounted ? after.place : begun[0]!;
  return { state: { ...after, active, open, place }, effects: [...effects, ...stuck] };
}

/** Goes where the step or one of those around it leads on a failure. */
function failed(flow: Flow, state: RunState, at: string): Advanced {
  for (const place of [at, ...aroundOf(flow, at)]) {
    const to = nodeAt(flow, place)?.step.onError;
    const next = to === undefined ? undefined : beside(place, to);
    if (next === undefined || nodeAt(flow, next) === undefined) continue;
    const isInside = (one: { readonly at: string }) => one.at === place || one.at.startsWith(`${place}/`);
    const rest = {
      ...done(state, at),
      active: state.active.filter((active) => !isInside(active)),
      open: state.open.filter((open) => !isInside(open)),
    };
    return enter(flow, rest, next, [{ type: 'left', at: place }], place);
  }
  return { state, effects: [{ type: 'stuck', at, reason: 'failed' }] };
}

/** Steps that are still to come on the longest way: what progress is measured by. */
export function remaining(flow: Flow, state: RunState): number {
  let left = 0;
  const seen = new Set<string>();
  const count = (at: string) => {
    left += nodeAt(flow, at)?.ahead ?? 1;
    for (const around of aroundOf(flow, at)) {
      if (seen.has(around)) break;
      seen.add(around);
      const node = nodeAt(flow, around);
      // It is counted itself when it is opened.
      left += node === undefined ? 0 : node.ahead - 1 - node.inside;
    }
  };
  for (const { at } of state.active) count(at);
  for (const { bodies, begun } of state.open)
    for (const body of bodies.slice(begun)) left += nodeAt(flow, body)?.ahead ?? 0;
  return state.status === 'completed' ? 0 : left;
}

/** Whether the place is inside of a step that runs bodies side by side. */
export function isInside({ open }: Pick<RunState, 'open'>, at: string): boolean {
  return open.some((one) => scopeOf(at).startsWith(`${one.at}/`));
}
