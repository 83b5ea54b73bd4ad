import { catalogueOf } from './catalogue.js';

const capabilities = { streaming: true, tools: true, json: true, vision: false, reasoning: false };
const builtIn = [
  { id: 'a', contextWindow: 10, capabilities, price: { input: 1, output: 2, cachedInput: 0.5 } },
  { id: 'b', contextWindow: 20 },
];

describe('a catalogue', () => {
  it('lets the operator know better, fact by fact', () => {
    const overrides = [
      { id: 'a', capabilities: { vision: true, tools: undefined } as object, price: { input: 3, output: 4 } },
    ];
    expect(catalogueOf(builtIn, overrides, 'a')).toEqual([
      {
        id: 'a',
        contextWindow: 10,
        capabilities: { ...capabilities, vision: true },
        price: { input: 3, output: 4 },
      },
      { id: 'b', contextWindow: 20 },
    ]);
  });

  it('has the models that only the operator names, and always the default one', () => {
    expect(catalogueOf(builtIn, [{ id: 'c', contextWindow: 30 }], 'd').slice(2)).toEqual([
      { id: 'c', contextWindow: 30 },
      { id: 'd' },
    ]);
  });
});
