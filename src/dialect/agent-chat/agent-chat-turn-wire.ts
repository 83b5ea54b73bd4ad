import { assertNever, type FinishReason } from '../../kernel/index.js';
import type { Wire } from '../wire-streams.js';
import { CallFrames, frame, OPENING } from './agent-chat-frames.js';

/**
 * Writes a turn of a thread as the events of this wire: its text as that of one message, which begins anew where tools are
 * called.
 */
export function agentChatTurnWire(): Wire {
  const calls = new CallFrames();
  let text = '';
  /** Messages that have called tools. */
  const callers = new Set<string>();
  let isCalling = false;
  return {
    opening: OPENING,
    frames(said) {
      switch (said.type) {
        case 'piece':
          return piece(said.text);
        case 'tool':
          if (said.event.type === 'tool_call') callers.add(said.event.data.messageId);
          isCalling = true;
          text = '';
          return calls.of(said.event);
        case 'done':
          return end(said.finishReason);
        case 'failed':
          return calls.failed(said.error);
        case 'reset':
          return [];
        default:
          return assertNever(said);
      }
    },
  };

  function end(finish_reason: FinishReason) {
    const iterations = callers.size + 1;
    return [
      frame({ type: 'message_complete', role: 'assistant', content: text, finish_reason }),
      frame({ type: 'complete', status: 'success', usage: null, iterations, finish_reason }),
    ];
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
