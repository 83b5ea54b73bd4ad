import { HttpStatusError } from '../upstream/http-status-error.js';
import { namesStreamOptions } from './stream-options.js';

const answered = (status: number, body: unknown) =>
  new HttpStatusError(status, new Headers(), typeof body === 'string' ? body : JSON.stringify(body));

describe('a refusal of stream_options', () => {
  it.each([
    [400, { error: { message: 'Unrecognized request argument supplied: stream_options' } }],
    [400, { error: { message: 'unknown field', param: 'stream_options' } }],
    [422, 'Stream options are not supported here'],
    [400, { error: 'json: unknown field "StreamOptions"' }],
    [422, { detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }] }],
    [400, [{ error: { message: 'Invalid JSON payload: Unknown name "include_usage"' } }]],
  ])('is known in whatever words: %s %j', (status, body) => {
    expect(namesStreamOptions(answered(status, body))).toBe(true);
    // As an SDK wraps what its fetch throws.
    expect(namesStreamOptions(new Error('Connection error.', { cause: answered(status, body) }))).toBe(true);
  });

  it.each([
    answered(400, { error: { message: 'The model does not stream' } }),
    answered(401, { error: { message: 'stream_options' } }),
    answered(500, 'stream_options'),
    new Error('stream_options'),
    undefined,
  ])('is not taken out of %s', (error) => {
    expect(namesStreamOptions(error)).toBe(false);
  });
});
