import { Inject, Injectable } from '@nestjs/common';
import type { Basis, Citation, HistoryMessage } from '../../kernel/index.js';
import type { AttemptCause, Question } from '../../llm/index.js';
import { RETRIEVER, type Retriever } from '../../rag/index.js';
import { basisOf, promptFor, type EnteredForm, type ModelStep } from '../core/prompt.js';
import type { WorkflowInput } from '../steps/step-kind.js';

/** What a step asks a model, in the words of its workflow. */
export interface Asked {
  readonly input: WorkflowInput;
  readonly step: ModelStep;
  /** What was said in the turn before. */
  readonly before: readonly HistoryMessage[];
  readonly content: string;
  readonly forms: readonly EnteredForm[];
  readonly cause: AttemptCause;
}

/** A question to a model, and what its answer is drawn from. */
export interface PreparedQuestion {
  readonly question: Question;
  readonly citations: readonly Citation[];
  /** Absent: from no documents. */
  readonly basis: Basis | undefined;
}

const MAX_PASSAGES = 6;

/** Makes a question of what a step asks: with the passages that match what the user said. */
@Injectable()
export class PrepareQuestion {
  constructor(@Inject(RETRIEVER) private readonly retriever: Retriever) {}

  async prepare({ input, step, before, content, forms, cause }: Asked): Promise<PreparedQuestion> {
    const { caller, rag, provider, model, temperature, systemPrompt } = input;
    const searches = step.retrieve && rag !== false;
    const passages = searches ? await this.retriever.retrieve(caller, input.content, MAX_PASSAGES) : [];
    const maxTokens = input.maxTokens ?? step.maxTokens;
    const history = [...input.history, ...before];
    return {
      citations: passages.map(({ content: _content, level: _level, ...citation }) => citation),
      basis: basisOf(passages, input.basis),
      question: {
        choice: { provider, model },
        context: { caller, cause },
        resettable: true,
        messages: promptFor(step, systemPrompt, { passages, forms }, history, content),
        question: input.content,
        passages,
        ...(temperature === undefined ? {} : { temperature }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
      },
    };
  }
}
