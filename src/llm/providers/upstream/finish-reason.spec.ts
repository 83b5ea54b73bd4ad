import { finishReasonOf, isSureEnd, wordSaid } from './finish-reason.js';

describe('the word for why a model stopped', () => {
  it.each([undefined, null, '', ' ', 'null', 'None', 'undefined', false])('is not said by %j', (said) => {
    expect(wordSaid(said)).toBe('');
  });

  it.each([7, true, {}, []])('is none where it is %j', (said) => {
    expect(wordSaid(said)).toBeUndefined();
  });

  it('is sure where it is known, and no other is', () => {
    const known = ['stop', 'STOP', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'COMPLETE', 'MAX_TOKENS'];
    for (const word of [...known, 'tool_calls', 'SAFETY'])
      expect([word, isSureEnd(word)]).toEqual([word, true]);
    const vague = ['unknown', 'continue', 'running', 'not_finished', 'unfinished', 'incomplete'];
    for (const word of [...vague, 'FINISH_REASON_UNSPECIFIED', 'in_progress', 'generating'])
      expect([word, isSureEnd(word)]).toEqual([word, false]);
  });

  it.each([
    [
      'stop',
      ['stop', 'STOP', 'eos', 'eos_token', 'end_turn', 'stop_sequence', 'pause_turn', 'complete', 'new'],
    ],
    [
      'length',
      ['length', 'max_tokens', 'MAX_TOKENS', 'model_length', 'model_context_window_exceeded', 'token_limit'],
    ],
    [
      'content_filter',
      ['content_filter', 'refusal', 'SAFETY', 'RECITATION', 'sensitive', 'guardrail_intervened'],
    ],
    ['tool_calls', ['tool_calls', 'tool_use', 'function_call']],
    [
      undefined,
      [
        'error',
        'abort',
        'network_error',
        'insufficient_system_resource',
        'time_limit',
        'MALFORMED_FUNCTION_CALL',
      ],
    ],
  ])('means %s', (reason, words) => {
    expect(words.map(finishReasonOf)).toEqual(words.map(() => reason));
  });
});
