import { Injectable } from '@nestjs/common';
import type { Sink, StepEvent } from '../../kernel/index.js';
import { AskModel, narrowed, type Question } from '../../llm/index.js';
import { endsInPlan, planIn } from '../core/plan.js';
import { onlyAnswer, type RoundsAnswer } from './answer-with-tools.js';

/** What is to be planned, and who is asked to. */
export interface PlanQuestion extends Pick<Question, 'choice' | 'context' | 'resettable'> {
  readonly query: string;
}

/** Has a model plan what is to be done. */
@Injectable()
export class MakePlan {
  constructor(private readonly models: AskModel) {}

  /** Tells the plan's text, which ends in one JSON object `{ steps: [{ title, … }] }`, whatever the model has said. */
  async plan(
    { query, ...rest }: PlanQuestion,
    signal: AbortSignal,
    tell: Sink<StepEvent>,
  ): Promise<RoundsAnswer> {
    const messages = [
      { role: 'system', content: INSTRUCTIONS },
      { role: 'user', content: query },
    ] as const;
    const context = { ...rest.context, cause: narrowed(rest.context.cause, { purpose: 'planning' }) };
    const answered = await this.models.ask({ ...rest, context, passages: [], messages }, signal, tell);
    const text = answered.said.text.join('');
    const end = endsInPlan(text) ? '' : `${text === '' ? '' : '\n\n'}${JSON.stringify(planIn(text))}`;
    if (end !== '') await tell({ type: 'text', text: end });
    const said = { ...answered.said, text: [text, end] };
    return onlyAnswer({ ...answered, said });
  }
}

const INSTRUCTIONS = [
  'Plan how what the user wants is to be done; do not do it. Say in a few sentences how you go about it. Then end with one',
  'JSON object and nothing behind it, without a block of code around it: {"steps":[{"title":"…","description":"…"}]}, the',
  'steps in their order, each small enough to be done at once.',
].join('\n');
