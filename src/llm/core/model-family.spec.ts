import { familyNames } from './model-family.js';

describe("a model's family", () => {
  it.each([
    ['gpt-4o-2024-08-06', ['gpt-4o', 'gpt-4o-latest']],
    ['claude-3-5-sonnet-20241022', ['claude-3-5-sonnet', 'claude-3-5-sonnet-latest']],
    ['claude-3-5-sonnet@20241022', ['claude-3-5-sonnet', 'claude-3-5-sonnet-latest']],
    ['openai/gpt-4o-2024-11-20', ['openai/gpt-4o', 'openai/gpt-4o-latest']],
    ['claude-3-5-haiku-latest', ['claude-3-5-haiku']],
    ['llama3.2:latest', ['llama3.2']],
  ])('of %s is %j', (model, names) => {
    expect(familyNames(model)).toEqual(names);
  });

  it.each([
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-4-0613',
    'gpt-3.5-turbo-1106',
    'gpt-4o-20241399',
    'gpt-4o-2024-13-01',
    'meta-llama/llama-4:free',
    'qwen3:8b',
    'model-20240101-preview',
    '',
  ])('is not guessed for %j', (model) => {
    expect(familyNames(model)).toEqual([]);
  });

  it('does not hold for a version that had a price of its own', () => {
    expect(familyNames('gpt-4o-2024-05-13')).toEqual([]);
    expect(familyNames('openai/gpt-4o-2024-05-13')).toEqual([]);
  });
});
