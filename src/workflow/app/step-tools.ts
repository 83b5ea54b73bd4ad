import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedInput, Sink, StepEvent } from '../../kernel/index.js';
import { AskModel } from '../../llm/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Approvals, CallTool, ToolRegistry, type ToolSelection } from '../../tool/index.js';
import { RUN_JOURNAL, type JournalWriter, type RunJournal } from '../ports/run-journal.js';
import type { AskingStep, WorkflowInput } from '../steps/step-kind.js';
import { Journal } from './journal.js';
import { ToolCalls } from './tool-calls.js';
import { ToolRounds } from './tool-rounds.js';

/** The turn whose step may call tools. */
interface Calling extends WorkflowInput, JournalWriter {
  readonly inputs: ReadonlyMap<string, ResolvedInput>;
  /** The turn is executed again. */
  readonly before?: unknown;
}

/** The execution of a turn: who is told of its calls, what stops them, and the names that they have. */
interface Execution {
  readonly tell: Sink<StepEvent>;
  readonly signal: AbortSignal;
  readonly callIds: Set<string>;
}

/** Which tools the models of a step may call, and how. */
@Injectable()
export class StepTools {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'MAX_TOOL_ITERATIONS'>,
    @Inject(RUN_JOURNAL) private readonly rows: RunJournal,
    private readonly models: AskModel,
    private readonly registry: ToolRegistry,
    private readonly callTool: CallTool,
    private readonly approvals: Approvals,
  ) {}

  /** Absent where the step's model has no tools: such a step costs no more than asking the model. */
  roundsOf(step: AskingStep, turn: Calling, key: string, execution: Execution): ToolRounds | undefined {
    const tools = this.registry.select(turn.caller, ...selections(step, turn));
    if (tools.length === 0) return undefined;
    const { caller, threadId, turnId } = turn;
    const { tell, signal, callIds } = execution;
    const journal = new Journal(this.rows, turn, turn.before !== undefined);
    const means = { tools: this.callTool, approvals: this.approvals, journal, tell, signal };
    const calls = new ToolCalls(means, { caller, threadId, turnId }, turn.inputs);
    const maxRounds = this.config.MAX_TOOL_ITERATIONS;
    const { models } = this;
    const rounds = { models, calls, journal, tell, signal, callIds, maxRounds };
    return new ToolRounds(rounds, { key, id: step.id }, tools);
  }
}

/** What the step allows, and what the message asks for: the step's own where it says nothing. */
function selections(
  { tools: allowed }: AskingStep,
  { tools: asked }: WorkflowInput,
): readonly ToolSelection[] {
  if (asked === undefined) return [allowed ?? false];
  return [asked, allowed ?? true];
}
