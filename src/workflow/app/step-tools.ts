import { Inject, Injectable } from '@nestjs/common';
import type { Caller, ResolvedInput } from '../../kernel/index.js';
import { ToolRegistry, withStricterApproval, type ToolSelection } from '../../tool/index.js';
import { RUN_JOURNAL, type JournalWriter, type RunJournal } from '../ports/run-journal.js';
import type { AskingStep, WorkflowInput } from '../steps/step-kind.js';
import { Journal } from './journal.js';
import { PrepareRounds, type Execution } from './prepare-rounds.js';
import type { ToolRounds } from './tool-rounds.js';
import { unknownTool } from './unknown-tool.js';

/** The turn whose step may call tools. */
interface Calling extends WorkflowInput, JournalWriter {
  readonly inputs: ReadonlyMap<string, ResolvedInput>;
  /** The turn is executed again. */
  readonly before?: unknown;
  readonly leaving?: AbortSignal | undefined;
}

/** Which tools the models of a step may call, and how. */
@Injectable()
export class StepTools {
  constructor(
    @Inject(RUN_JOURNAL) private readonly rows: RunJournal,
    private readonly registry: ToolRegistry,
    private readonly rounds: PrepareRounds,
  ) {}

  /** Throws `UNKNOWN_TOOL` for a name that means no tool of the user's, whatever a step would allow. */
  async check(caller: Caller, selection: ToolSelection | undefined): Promise<void> {
    if (typeof selection !== 'object' || selection.length === 0) return;
    const [unknown] = await this.registry.unknown(caller, selection);
    if (unknown !== undefined) throw unknownTool(unknown);
  }

  /** Absent where the step's model has no tools: such a step costs no more than asking the model. */
  async roundsOf(
    step: AskingStep,
    turn: Calling,
    key: string,
    execution: Execution,
  ): Promise<ToolRounds | undefined> {
    const selected = await this.registry.select(turn.caller, ...selections(step, turn));
    if (selected.length === 0) return undefined;
    const { approval = {} } = step;
    const tools = selected.map((tool) => withStricterApproval(tool, approval));
    const { caller, threadId, turnId, epoch, inputs, leaving, provider, model } = turn;
    const journal = new Journal(this.rows, turn, turn.before !== undefined);
    const context = { caller, threadId, turnId, step: step.id, choice: { provider, model } };
    const writer = { threadId, turnId, epoch };
    const rounds = { context, step: { key, id: step.id }, tools, journal, inputs, writer, leaving };
    return this.rounds.prepare(rounds, execution);
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
