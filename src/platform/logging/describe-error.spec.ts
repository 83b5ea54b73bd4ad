import { describeError } from './describe-error.js';

describe('an error in the log', () => {
  it('has its type, message, stack and causes', () => {
    const error = new TypeError('outer', { cause: new Error('inner') });
    expect(describeError(error)).toMatchObject({
      type: 'TypeError',
      message: 'outer',
      stack: expect.stringMatching(/^TypeError: outer\n\s+at /) as unknown,
      cause: { type: 'Error', message: 'inner' },
    });
  });

  it('has nothing else that hangs on it', () => {
    const error = Object.assign(new Error('failed'), {
      parameters: ['my diary'],
      request: { body: 'my diary' },
    });
    expect(JSON.stringify(describeError(error))).not.toContain('my diary');
  });

  it('does not quote the text that could not be parsed', () => {
    let thrown: unknown;
    try {
      JSON.parse('my diary');
    } catch (error) {
      thrown = error;
    }
    expect(JSON.stringify(describeError(new Error('bad answer', { cause: thrown })))).not.toContain('diary');
  });

  it('does not quote what the database would not take', () => {
    const error = Object.assign(new Error('invalid input syntax: "my diary"'), {
      code: '22P02',
      detail: 'my diary',
    });
    expect(describeError(error)).toMatchObject({ code: '22P02' });
    expect(JSON.stringify(describeError(error))).not.toContain('diary');
  });

  it('ends where causes go round in circles, and shows no value that is no error', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(JSON.stringify(describeError(error)).match(/"message"/g)).toHaveLength(6);
    expect(JSON.stringify(describeError('my diary'))).not.toContain('diary');
  });
});
