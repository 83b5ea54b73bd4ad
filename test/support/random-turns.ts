import { newId, type Message, type TurnEvent } from '../../src/kernel/index.js';

/** Numbers from 0 to 1 that look random and are the same in every run. */
export function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296;
}

/** Whole, well-formed, and of every length that UTF-8 and UTF-16 know. */
const WORDS = ['Größe ', '"quoted" ', 'back\\slash ', '\u2028', '😀', 'é', '한국어 ', ' ', '\t', 'word '];

interface RandomTurn {
  readonly turnId: string;
  readonly threadId: string;
  /** Those that may say something. */
  readonly messageIds: readonly string[];
}

/**
 * A turn that does anything in any order, as no real one would: its messages speak, think, are taken back and begin again,
 * with tools and questions in between. It begins with `message_saved`; most come to an end.
 */
export function randomTurn(random: () => number, turn: RandomTurn): TurnEvent[] {
  const events: TurnEvent[] = [
    { type: 'message_saved', data: { message: messageOf(turn, 'user', 'Hello?') } },
  ];
  const texts = new Map(turn.messageIds.map((id) => [id, '']));
  for (let left = Math.floor(random() * 30); left > 0; left -= 1) {
    const event = randomEvent(random, turn);
    if (event.type === 'ai_response') add(texts, event.data.messageId, event.data.content);
    if (event.type === 'ai_reset') texts.set(event.data.messageId, '');
    events.push(event);
  }
  return random() < 0.8 ? [...events, ...endOf(random, turn, texts)] : events;
}

function add(texts: Map<string, string>, messageId: string, text: string): void {
  texts.set(messageId, (texts.get(messageId) ?? '') + text);
}

function randomEvent(random: () => number, { messageIds }: RandomTurn): TurnEvent {
  const messageId = oneOf(random, messageIds);
  const content = oneOf(random, WORDS);
  const dice = random();
  if (dice < 0.5) return { type: 'ai_response', data: { messageId, content, isComplete: false } };
  if (dice < 0.65) return { type: 'ai_reasoning', data: { messageId, content } };
  if (dice < 0.72) {
    const attempt = 2 + Math.floor(random() * 3);
    return { type: 'ai_reset', data: { messageId, reason: 'PROVIDER_ERROR', attempt } };
  }
  return aside(random);
}

/** An event that no message says. */
function aside(random: () => number): TurnEvent {
  const [callId, inputId] = [`call-${Math.floor(random() * 3)}`, `input-${Math.floor(random() * 3)}`];
  const call = { callId, name: 'search' };
  const events: readonly TurnEvent[] = [
    { type: 'rag_context', data: { citations: [citation(random)] } },
    {
      type: 'workflow_status',
      data: {
        ...{ workflow: 'chat', version: 1, runId: 'run', step: 'reply', stepTitle: 'Reply' },
        ...{ status: oneOf(random, ['started', 'step_started', 'waiting']), progress: { done: 0, total: 1 } },
      },
    },
    {
      type: 'tool_call',
      data: {
        ...call,
        messageId: 'message',
        arguments: '{}',
        status: oneOf(random, ['requested', 'executing']),
      },
    },
    { type: 'tool_result', data: { ...call, ok: random() < 0.5, content: 'Found', durationMs: 1 } },
    {
      type: 'input_required',
      data: { inputId, kind: 'human_step', prompt: '?', schema: null, expiresAt: '2026-01-02T03:04:05.678Z' },
    },
    { type: 'input_resolved', data: { inputId, outcome: 'accepted' } },
  ];
  return oneOf(random, events);
}

function endOf(random: () => number, turn: RandomTurn, texts: ReadonlyMap<string, string>): TurnEvent[] {
  const messageId = turn.messageIds.at(-1)!;
  const text = texts.get(messageId) ?? '';
  const { turnId } = turn;
  const done = (status: 'completed' | 'failed'): TurnEvent => ({
    type: 'done',
    data: { success: status === 'completed', turnId, status },
  });
  if (random() < 0.2) {
    const error = { error: 'Bad Gateway', message: 'It broke.', code: 'PROVIDER_ERROR' } as const;
    return [{ type: 'error', data: { ...error, retryable: true, details: {} } }, done('failed')];
  }
  const usage = { inputTokens: 1, outputTokens: text.length, totalTokens: text.length + 1 };
  const complete = { messageId, content: '', isComplete: true, accumulated: text, usage } as const;
  const workflow = { workflow: 'chat', runId: 'run', step: 'reply', status: 'waiting' } as const;
  const message = messageOf({ ...turn, messageIds: [messageId] }, 'assistant', text);
  return [
    { type: 'ai_response', data: { ...complete, finishReason: 'stop' } },
    { type: 'workflow_complete', data: { ...workflow, message } },
    done('completed'),
  ];
}

function citation(random: () => number) {
  const id = `document-${Math.floor(random() * 9)}`;
  return { marker: '[1]', documentId: id, chunkId: id, title: 'T', score: 1 };
}

function messageOf(
  { threadId, turnId, messageIds }: RandomTurn,
  role: 'user' | 'assistant',
  content: string,
): Message {
  return {
    ...{
      id: role === 'user' ? newId() : messageIds[0]!,
      threadId,
      turnId,
      parentTurnId: null,
      siblings: { index: 0, count: 1, turnIds: [turnId] },
      role,
      content,
      status: 'complete',
    },
    ...{ provider: null, model: null, usage: null, citations: [], toolCalls: [], step: null },
    createdAt: '2026-01-02T03:04:05.678Z',
  };
}

function oneOf<Item>(random: () => number, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!;
}
