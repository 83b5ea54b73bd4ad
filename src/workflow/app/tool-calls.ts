import type { RequestedInput, ResolvedInput, Sink, StepEvent, ToolCall } from '../../kernel/index.js';
import {
  checkArguments,
  definitionHash,
  failedResult,
  textForModel,
  type Approvals,
  type CallTool,
  type CallWriter,
  type Tool,
  type ToolCallResult,
  type ToolContext,
  type ToolProgress,
  type ToolResumption,
} from '../../tool/index.js';
import type { AnsweredCall, AskedCall } from './asked-call.js';
import { approvalKey, approvalOf, NOBODY_TO_ASK, refusalOf } from './call-approvals.js';
import { isHarmless, questionInput, smallEnough, toldOfCall } from './call-inputs.js';
import type { TurnJournal } from './journal.js';
import {
  keyOf,
  latestOf,
  noteOfChange,
  resultIn,
  withArguments,
  type NotedResult,
  type SuspendedResult,
} from './stored-calls.js';

/** How many calls of one round run side by side. */
const AT_ONCE = 5;
/** How often one call may ask. */
const MAX_LEGS = 10;

/** What calling tools takes. */
export interface CallMeans {
  readonly tools: Pick<CallTool, 'call'>;
  readonly approvals: Pick<Approvals, 'isRemembered' | 'remember'>;
  readonly journal: TurnJournal;
  readonly tell: Sink<StepEvent>;
  readonly signal: AbortSignal;
  /** Who stores what is served by reference; absent where there is no thread. */
  readonly writer?: CallWriter | undefined;
  /** Aborts when the turn is to go on elsewhere: from then on only calls that may be made again are begun. */
  readonly leaving?: AbortSignal | undefined;
}

type Ready = {
  readonly call: ToolCall;
  readonly tool: Tool;
  readonly args: Readonly<Record<string, unknown>>;
  /** Somebody was asked and has agreed to this. */
  readonly wasApproved: boolean;
  /** What the model is told where that was not what it has asked for. */
  readonly note?: string;
  /** How often the call has asked people before, and what they have answered last. */
  readonly leg?: number;
  readonly resumed?: ToolResumption;
};

/** What is to be done about a call: make it, answer for it, or ask a person first. */
type Decision =
  | { readonly is: 'ready'; readonly ready: Ready }
  | {
      readonly is: 'refused';
      readonly call: ToolCall;
      readonly leg?: number;
      readonly result: ToolCallResult;
    }
  /** An earlier execution of the turn has made the call, or answered for it. */
  | { readonly is: 'known'; readonly call: ToolCall; readonly result: ToolCallResult }
  | { readonly is: 'open'; readonly inputs: readonly RequestedInput[] };

/** Makes the calls of one round: what may run does, side by side; the others wait for a person. */
export class ToolCalls {
  /** What is told is told one after the other. */
  private told: Promise<void> = Promise.resolve();

  constructor(
    private readonly means: CallMeans,
    private readonly context: Omit<ToolContext, 'callId'>,
    private readonly inputs: ReadonlyMap<string, ResolvedInput>,
  ) {}

  /**
   * What came of each call, in the order of the calls; or what has to be answered before all of them are made. Throws the
   * reason of `leaving` where one of them is left to another process.
   */
  async run(
    asked: readonly AskedCall[],
  ): Promise<{ readonly answered: readonly AnsweredCall[]; readonly waitsFor: readonly RequestedInput[] }> {
    const decisions = await Promise.all(asked.map((one) => this.decide(one)));
    const ended = await this.inParallel(decisions.filter((decision) => decision.is !== 'open'));
    const before = decisions.flatMap((decision) => (decision.is === 'open' ? decision.inputs : []));
    const during = ended.flatMap((end) => ('asks' in end ? end.asks : []));
    const answered = ended.flatMap((end) => ('asks' in end ? [] : [end]));
    return { answered, waitsFor: [...before, ...during] };
  }

  /** What a model and watchers are given of a result at once; without a thread there is no reading on in it. */
  shown({ callId, content, characters, note = '' }: Omit<AnsweredCall, 'images' | 'ok'>): string {
    return note + textForModel(content, this.context.threadId === undefined ? undefined : callId, characters);
  }

  /** Ends when none of them runs any more, also where one throws: no other one begins then. */
  private async inParallel(decisions: readonly Exclude<Decision, { is: 'open' }>[]): Promise<CallEnd[]> {
    const answered: CallEnd[] = [];
    const left = [...decisions.entries()].toReversed();
    const work = async () => {
      try {
        for (let next = left.pop(); next !== undefined; next = left.pop())
          answered[next[0]] = await this.answer(next[1]);
      } finally {
        // Where one has ended, the others have nothing left, or are not to go on.
        left.length = 0;
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
    return answered;
  }

  private async decide({ call, tool, refusal }: AskedCall): Promise<Decision> {
    // Before all else: tools, their definitions and what is remembered of them change meanwhile.
    const before = await latestOf(this.means.journal, call);
    if (before !== undefined)
      return before.result.suspended === undefined
        ? { is: 'known', call, result: before.result }
        : this.goneOn(call, tool, before.leg, before.result as SuspendedResult);
    const refused = (words: string): Decision => ({ is: 'refused', call, result: failedResult(words) });
    if (refusal !== undefined) return refused(refusal);
    if (tool === undefined)
      return refused(`There is no tool ${JSON.stringify(call.name.slice(0, 64))} here.`);
    const { definition } = tool;
    const checked = checkArguments(definition, call.arguments);
    if (checked.problem !== undefined) return refused(checked.problem);
    const ready = { call, tool, args: checked.args };
    const hash = definitionHash(definition);
    const key = approvalKey(call, hash);
    const resolved = refusalOf(call, this.inputs) ?? this.inputs.get(key);
    if (resolved !== undefined) return this.decided(ready, hash, resolved);
    if (definition.approval === 'never') return { is: 'ready', ready: { ...ready, wasApproved: false } };
    if (
      definition.approval === 'ask' &&
      (await this.means.approvals.isRemembered(this.context.caller, definition.name, hash))
    )
      return { is: 'ready', ready: { ...ready, wasApproved: true } };
    // Without a thread there is nothing that could wait.
    if (this.context.threadId === undefined) return refused(NOBODY_TO_ASK);
    return { is: 'open', inputs: [approvalOf(call, tool, key)] };
  }

  /** A call that has asked people: it goes on when all have answered. */
  private goneOn(call: ToolCall, tool: Tool | undefined, leg: number, result: SuspendedResult): Decision {
    const { asks, state, args } = result.suspended;
    const { note }: NotedResult = result;
    const answers: [string, ResolvedInput][] = [];
    const open: RequestedInput[] = [];
    for (const question of asks) {
      const input = questionInput(call, tool, leg, question);
      const resolved = this.inputs.get(input.key);
      if (resolved === undefined) open.push(input);
      else answers.push([question.key, resolved]);
    }
    if (open.length > 0) return { is: 'open', inputs: open };
    const refused = (words: string): Decision => ({
      ...{ is: 'refused', call, leg: leg + 1 },
      result: failedResult(words),
    });
    if (tool === undefined) return refused(NOT_THERE);
    if (leg >= MAX_LEGS)
      return refused(`${tool.definition.title} has asked too often. The call was left unfinished.`);
    const resumed = { asks, state, answers: Object.fromEntries(answers) };
    const ready = { call, tool, args, wasApproved: false, leg: leg + 1, resumed };
    return { is: 'ready', ready: { ...ready, ...(note !== undefined && { note }) } };
  }

  /** The person may have agreed to other arguments than were asked for. */
  private async decided(
    { call, tool, args }: Omit<Ready, 'wasApproved'>,
    hash: string,
    { outcome, content, remember }: ResolvedInput,
  ): Promise<Decision> {
    const refused = (words: string): Decision => ({ is: 'refused', call, result: failedResult(words) });
    if (outcome === 'expired') return refused('Nobody has agreed to this call in time. It was not made.');
    if (outcome !== 'accepted') return refused('The user has declined this call. It was not made.');
    const edited = (content as { readonly arguments?: unknown } | null)?.arguments;
    const text = edited === undefined ? undefined : JSON.stringify(edited);
    const checked = text === undefined ? { args } : checkArguments(tool.definition, text);
    if (checked.problem !== undefined) return refused(checked.problem);
    if (remember) await this.means.approvals.remember(this.context.caller, tool.definition.name, hash);
    const ready = { tool, args: checked.args, wasApproved: true };
    if (text === undefined) return { is: 'ready', ready: { ...ready, call } };
    return { is: 'ready', ready: { ...ready, call: { ...call, arguments: text }, note: noteOfChange(text) } };
  }

  private async answer(decision: Exclude<Decision, { is: 'open' }>): Promise<CallEnd> {
    if (decision.is === 'known') return this.tellResult(decision.call, decision.result);
    if (decision.is === 'refused') {
      // What was told stands, also where the call could be made when the turn is executed again.
      const kept = await this.means.journal.keep(keyOf(decision.call, decision.leg), decision.result);
      return this.tellResult(decision.call, kept);
    }
    const { ready } = decision;
    // Where it is begun it has to end. The others of the round still do, in the time that the process has left.
    if (!isRepeatable(ready)) this.means.leaving?.throwIfAborted();
    if (ready.wasApproved) await this.tellCall(ready.call, ready.tool, 'approved');
    await this.tellCall(ready.call, ready.tool, 'executing');
    const result = await this.once(ready);
    if (result.suspended === undefined) return this.tellResult(ready.call, result);
    const { call, tool, leg = 1 } = ready;
    return { asks: result.suspended.asks.map((question) => questionInput(call, tool, leg, question)) };
  }

  /** A call is made once, unless making it again does no harm. */
  private async once(ready: Ready): Promise<ToolCallResult> {
    const { call, tool, args, leg = 1, resumed, note } = ready;
    const { writer } = this.means;
    const again = resumed === undefined ? {} : { resumed };
    const prepared = { tool, args, context: { ...this.context, callId: call.id, ...again }, writer };
    const tell = ({ progress, total, message }: ToolProgress) => {
      const known = { ...(total !== undefined && { total }), ...(message !== undefined && { message }) };
      void this.tell({ type: 'tool_progress', data: { callId: call.id, progress, ...known } });
    };
    const came = await this.means.journal.once(
      keyOf(call, leg),
      async () => withArguments(await this.means.tools.call(prepared, this.means.signal, tell), args, note),
      { repeatable: isRepeatable(ready) },
    );
    return resultIn(came);
  }

  private tellCall(call: ToolCall, tool: Tool, status: 'approved' | 'executing'): Promise<void> {
    const data = toldOfCall(call, tool, status);
    return this.tell({ type: 'tool_call', data, ...(isHarmless(tool) && { isHarmless: true }) });
  }

  private async tellResult({ id: callId, name }: ToolCall, result: ToolCallResult): Promise<AnsweredCall> {
    const {
      content: said,
      characters,
      parts,
      structured,
      truncated,
      note = '',
      ...rest
    }: NotedResult = result;
    const whole = note + said;
    const content = this.shown({ callId, content: said, characters, note });
    const [eventParts, eventStructured] = [smallEnough(parts), smallEnough(structured)];
    const isCut =
      characters !== undefined || content !== whole || eventParts !== parts || eventStructured !== structured;
    const data = {
      ...{ callId, name, content, ...rest },
      ...(eventParts !== undefined && { parts: [...eventParts] }),
      ...(eventStructured !== undefined && { structured: eventStructured }),
      ...((truncated === true || isCut) && { truncated: true as const }),
    };
    await this.tell({ type: 'tool_result', data, whole });
    const images = (parts ?? []).filter((part) => part.type === 'image');
    return {
      ...{ callId, ok: result.ok, content: said },
      ...(note !== '' && { note }),
      ...(characters !== undefined && { characters }),
      ...(images.length > 0 && { images }),
    };
  }

  private tell(event: StepEvent): Promise<void> {
    this.told = this.told.then(() => this.means.tell(event));
    // Whoever waits for it is told.
    this.told.catch(() => undefined);
    return this.told;
  }
}

/** Whether a call may be made once more where nobody knows what came of it. */
function isRepeatable({ tool, resumed }: Ready): boolean {
  // What people have answered is passed on once.
  return resumed === undefined && isHarmless(tool);
}

/** What a call has come to, or asks people. */
type CallEnd = AnsweredCall | { readonly asks: readonly RequestedInput[] };

const NOT_THERE =
  'The tool that has asked the user is not here any more, so the answer cannot be passed on. Whether the call was carried out is ' +
  'unknown. Tell the user, and do not call it again by yourself.';
