import { AppError } from '../../../kernel/index.js';
import type { ToolQuestion } from '../../core/tool-output.js';
import type { SampledAnswer } from '../../ports/model-sampler.js';
import type { ToolResumption } from '../../ports/tool.js';
import type { Reply } from './open-call.js';

type Answered = ToolResumption['answers'][string];

/** What a server is replied for what the user has answered to its question. */
export function elicitationReply({ mode }: ToolQuestion, { outcome, content }: Answered): Reply {
  if (outcome === 'declined') return { result: { action: 'decline' } };
  if (outcome !== 'accepted') return { result: { action: 'cancel' } };
  // Of an address only that the user agrees to open it; what came of that the server finds out itself.
  if (mode === 'url') return { result: { action: 'accept' } };
  return { result: { action: 'accept', content: content ?? {} } };
}

/** What a server is replied that wants a model to be asked: the answer, where the user agrees to it. */
export async function samplingReply(
  { outcome }: Answered,
  sample: () => Promise<SampledAnswer>,
): Promise<Reply> {
  if (outcome === 'expired')
    return { refused: 'It wanted a model to be asked, to which nobody has agreed in time.' };
  if (outcome !== 'accepted')
    return { refused: 'It wanted a model to be asked, which the user has declined.' };
  try {
    const { model, text, isCut } = await sample();
    const stopReason = isCut ? 'maxTokens' : 'endTurn';
    return { result: { role: 'assistant', content: { type: 'text', text }, model, stopReason } };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { refused: `It wanted a model to be asked, which failed. ${error.message}` };
  }
}
