import { readableCalls } from './readable-calls.js';

describe('calls that a model is shown again', () => {
  it.each([
    ['an object, to the letter', '{ "by": 1 }', '{ "by": 1 }'],
    ['none', '', ''],
    ['no JSON', '{"by":', '{"arguments":"{\\"by\\":"}'],
    ['two objects', '{}{}', '{"arguments":"{}{}"}'],
    ['a list', '[1]', '{"arguments":[1]}'],
    ['nothing', 'null', '{"arguments":null}'],
    ['words', '"too long"', '{"arguments":"too long"}'],
  ])('have arguments that are an object: %s', (_name, written, shown) => {
    const call = { id: 'call_1', name: 'count', arguments: written };
    expect(readableCalls([call])).toEqual([{ ...call, arguments: shown }]);
  });
});
