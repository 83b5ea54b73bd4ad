import { Inject, Injectable } from '@nestjs/common';
import type { ResolvedInput, Sink, StepEvent } from '../../kernel/index.js';
import { AskModel, type ToolDefinition } from '../../llm/index.js';
import { CONFIG, type Config } from '../../platform/config/index.js';
import { Approvals, CallTool, type CallWriter, type Tool, type ToolContext } from '../../tool/index.js';
import type { TurnJournal } from './journal.js';
import { ToolCalls } from './tool-calls.js';
import { ToolRounds, type RoundsStep } from './tool-rounds.js';

/** The execution of a turn: who is told of its calls, what stops them, and the names that they have. */
export interface Execution {
  readonly tell: Sink<StepEvent>;
  readonly signal: AbortSignal;
  /** Names of calls that the turn has used. */
  readonly callIds: Set<string>;
}

/** What a model may call, on whose behalf and in which part of a turn. */
export interface Rounds {
  readonly context: Omit<ToolContext, 'callId'>;
  readonly step: RoundsStep;
  readonly tools: readonly Tool[];
  /** Tools that the client calls itself. */
  readonly clients?: readonly ToolDefinition[];
  readonly journal: TurnJournal;
  /** What came of what the turn has asked of people. */
  readonly inputs?: ReadonlyMap<string, ResolvedInput>;
  /** Who stores what of results is served by reference. */
  readonly writer?: CallWriter;
  /** Aborts when the turn is to go on elsewhere. */
  readonly leaving?: AbortSignal | undefined;
}

const NO_INPUTS: ReadonlyMap<string, ResolvedInput> = new Map();

/** Makes the rounds of a model that may call tools, in a thread and without one. */
@Injectable()
export class PrepareRounds {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'MAX_TOOL_ITERATIONS'>,
    private readonly models: AskModel,
    private readonly callTool: CallTool,
    private readonly approvals: Approvals,
  ) {}

  prepare(rounds: Rounds, { tell, signal, callIds }: Execution): ToolRounds {
    const { context, step, tools, clients = [], journal, inputs = NO_INPUTS, writer, leaving } = rounds;
    const means = { tools: this.callTool, approvals: this.approvals, journal, tell, signal, writer, leaving };
    const calls = new ToolCalls(means, context, inputs);
    const { models } = this;
    const maxRounds = this.config.MAX_TOOL_ITERATIONS;
    return new ToolRounds({ models, calls, journal, tell, signal, callIds, maxRounds }, step, tools, clients);
  }
}
