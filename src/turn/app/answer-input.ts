import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller } from '../../kernel/index.js';
import { foreignSchemaIssues, schemaIssues } from '../../platform/json-schema/index.js';
import type { Turn } from '../core/turn.js';
import { INPUT_STORE, type Input, type InputAnswer, type InputStore } from '../ports/input-store.js';
import { QueuedTurns } from './queued-turns.js';
import { InputMetrics } from './input-metrics.js';

/** Answers what a turn waits for. */
@Injectable()
export class AnswerInput {
  constructor(
    @Inject(INPUT_STORE) private readonly inputs: InputStore,
    private readonly queued: QueuedTurns,
    private readonly metrics: InputMetrics,
  ) {}

  /**
   * Resolves when the answer is stored; the turn goes on in whatever process has capacity, once nothing is open any more.
   * Throws `NOT_FOUND` for an input that is not the caller's to answer, `STATE_CONFLICT` for one that is not open, `FORBIDDEN`
   * where one that is withheld is accepted, and `VALIDATION_FAILED` for content that does not fit.
   */
  async answer(
    caller: Caller,
    inputId: string,
    answer: InputAnswer,
  ): Promise<{ readonly input: Input; readonly turn: Turn }> {
    if (answer.outcome === 'accepted') await this.checkContent(caller, inputId, answer.content);
    const closed = await this.inputs.answer(caller, inputId, answer);
    switch (closed.kind) {
      case 'not_found':
        throw new AppError('NOT_FOUND', 'There is no such input.');
      case 'conflict':
        throw new AppError('STATE_CONFLICT', CONFLICTS[closed.status], {
          details: { status: closed.status },
        });
      case 'closed': {
        const { input, turn, isLast, holder } = closed;
        this.metrics.closed(input);
        if (isLast) void this.queued.goOn(turn.id, holder);
        return { input, turn };
      }
    }
  }

  private async checkContent(caller: Caller, inputId: string, content: unknown): Promise<void> {
    const input = await this.inputs.find(caller, inputId);
    // Whether it is there and open is for the statement that closes it.
    if (input?.status !== 'open') return;
    if (input.withheld)
      throw new AppError('FORBIDDEN', 'What is asked is above your clearance. You may decline or cancel it.');
    if (input.schema === null) return;
    // What comes from an MCP server is in its words.
    const issuesOf = input.server === undefined ? schemaIssues : foreignSchemaIssues;
    const issues = issuesOf(input.schema, content ?? {});
    if (issues.length === 0) return;
    throw new AppError(
      'VALIDATION_FAILED',
      'The content does not fit the schema of the input. Correct what details.issues names and answer again.',
      { details: { issues: issues.slice(0, MAX_ISSUES) } },
    );
  }
}

const MAX_ISSUES = 20;

const CONFLICTS = {
  open: 'The input cannot be answered now: its turn does not wait, or its time is over.',
  accepted: 'The input was answered already.',
  declined: 'The input was declined already.',
  cancelled: 'The input was cancelled; nothing waits for its answer.',
  expired: 'The input has expired; nothing waits for its answer.',
} as const satisfies Record<Input['status'], string>;
