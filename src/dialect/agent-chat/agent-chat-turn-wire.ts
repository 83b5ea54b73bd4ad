import { assertNever } from '../../kernel/index.js';
import type { AnswerUpdate, TurnSoFar } from '../answer-updates.js';
import { usageOf } from '../openai/completion-response.js';
import type { Wire } from '../wire-streams.js';
import { CallFrames, frame, OPENING } from './agent-chat-frames.js';

/**
 * Writes a turn of a thread as the events of this wire: its text as that of one message, which begins anew where tools are
 * called.
 */
export function agentChatTurnWire(): Wire {
  const calls = new CallFrames();
  let text = '';
  let isCalling = false;
  return {
    opening: OPENING,
    inDetail: true,
    frames(said) {
      switch (said.type) {
        case 'piece':
          return piece(said.text);
        case 'tool':
          isCalling = true;
          text = '';
          return calls.of(said.event);
        case 'done':
          return end(said);
        case 'failed':
          return calls.failed(said.error);
        case 'reset':
          return [];
        default:
          return assertNever(said);
      }
    },
  };

  function end({ finishReason: finish_reason, turn = NOTHING }: Extract<AnswerUpdate, { type: 'done' }>) {
    const { iterations, inputs } = turn;
    const usage = turn.usage && usageOf(turn.usage);
    const message = frame({ type: 'message_complete', role: 'assistant', content: text, finish_reason });
    const so = { usage, iterations, finish_reason };
    if (inputs.length === 0) return [message, frame({ type: 'complete', status: 'success', ...so })];
    return [WAITING, message, frame({ type: 'complete', status: 'waiting', ...so, inputs: [...inputs] })];
  }

  function piece(more: string) {
    // What stands between two messages of a turn separates nothing here.
    const content = isCalling || text === '' ? more.replace(/^\n+$/, '') : more;
    isCalling = false;
    if (content === '') return [];
    text += content;
    return [frame({ type: 'delta', content })];
  }
}

const NOTHING: TurnSoFar = { usage: null, iterations: 0, inputs: [] };
const WAITING = frame({ type: 'status', status: 'waiting', message: 'The turn waits for a person.' });
