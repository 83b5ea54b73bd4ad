import { bytes, delta, DONE, finish, read } from '../../../../test/support/openai-frames.js';
import { OpenAiAnswerReader } from './openai-stream.js';

describe('tool calls in a streamed answer', () => {
  const calls = (...pieces: object[]) => delta({ tool_calls: pieces });
  const opening = (index: number, id: string, name: string, text = '') => ({
    index,
    id,
    function: { name, arguments: text },
  });
  const more = (index: number, text: string) => ({ index, function: { arguments: text } });
  const callsOf = (...reads: string[]) =>
    read(...reads).flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));

  it('are put together by their index', () => {
    const wire =
      calls(opening(0, 'a', 'first'), opening(1, 'b', 'second')) +
      calls(more(1, '{"y":'), more(0, '{"x":1}')) +
      calls(more(1, '2}'));
    expect(callsOf(wire, finish('tool_calls'))).toEqual([
      { id: 'a', name: 'first', arguments: '{"x":1}' },
      { id: 'b', name: 'second', arguments: '{"y":2}' },
    ]);
  });

  const piece = (index: number, id: string, name: string, text: string) => ({
    type: 'tool_piece',
    index,
    id,
    name,
    text,
  });

  it('come in pieces with the reads that bring them, one for each call and in their order with the text', () => {
    const reader = new OpenAiAnswerReader({
      provider: 'openai',
      inputCharacters: 40,
      tools: ['first', 'second'],
    });
    const first = delta({ content: 'So ' }) + calls(opening(0, 'a', 'first'), opening(1, 'b', 'second'));
    expect(reader.feed(bytes(first))).toEqual([
      { type: 'text', text: 'So ' },
      piece(0, 'a', 'first', ''),
      piece(1, 'b', 'second', ''),
    ]);
    const mixed = calls(more(1, '{"y"'), more(0, '{"x"')) + calls(more(1, ':2'), more(0, ':1'));
    expect(reader.feed(bytes(mixed + delta({ content: 'then' }) + calls(more(1, '}'))))).toEqual([
      piece(1, 'b', 'second', '{"y":2'),
      piece(0, 'a', 'first', '{"x":1'),
      { type: 'text', text: 'then' },
      piece(1, 'b', 'second', '}'),
    ]);
    expect(reader.feed(bytes(calls(more(0, '}')) + finish('tool_calls')))).toEqual([
      piece(0, 'a', 'first', '}'),
    ]);
    expect(reader.end()).toMatchObject([
      { type: 'tool_call', call: { id: 'a', arguments: '{"x":1}' } },
      { type: 'tool_call', call: { id: 'b', arguments: '{"y":2}' } },
      { type: 'finish' },
    ]);
  });

  it('are told of when their name is sure: it may be half of one', () => {
    const reader = new OpenAiAnswerReader({
      provider: 'openai',
      inputCharacters: 40,
      tools: ['get', 'get_time'],
    });
    expect(reader.feed(bytes(calls(opening(0, 'a', 'get'))))).toEqual([]);
    expect(reader.feed(bytes(calls({ index: 0, function: { name: '_time' } })))).toEqual([
      piece(0, 'a', 'get_time', ''),
    ]);
    expect(reader.feed(bytes(calls(opening(1, 'b', 'unheard_of'))))).toEqual([]);
    expect(reader.feed(bytes(calls(more(1, '{}'))))).toEqual([piece(1, 'b', 'unheard_of', '{}')]);
  });

  it('of two tools without arguments or ids are two, where their names are known', () => {
    const wire = calls(opening(0, '', 'first')) + calls(opening(0, '', 'second'));
    const reader = new OpenAiAnswerReader({
      provider: 'openai',
      inputCharacters: 40,
      tools: ['first', 'second'],
    });
    reader.feed(bytes(wire + finish('tool_calls')));
    expect(reader.end()).toMatchObject([
      { type: 'tool_call', call: { name: 'first' } },
      { type: 'tool_call', call: { name: 'second' } },
      { type: 'finish' },
    ]);
  });

  it('are refused when a name grows that was given out, and when an opening may have been no call', () => {
    const refused = (wire: string, tools: string[]) => {
      const reader = new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 40, tools });
      reader.feed(bytes(wire + finish('tool_calls')));
      expect(() => reader.end()).toThrow(expect.objectContaining({ code: 'PROVIDER_ERROR' }));
    };
    refused(calls(opening(0, 'a', 'first')) + calls({ index: 0, function: { name: '_of_all' } }), ['first']);
    const twice = calls(opening(0, 'a', 'first')) + calls(opening(0, 'b', 'first'));
    refused(twice + calls(opening(0, 'b', 'first', '{"x":1}')), ['first']);
  });

  it('are left out when the limit of tokens came before their arguments', () => {
    expect(read(calls(opening(0, 'a', 'first')), finish('length')).map(({ type }) => type)).toEqual([
      'tool_piece',
      'finish',
    ]);
  });

  it('are not given out in pieces before they have a name, and keep the id they are made then', () => {
    const reader = new OpenAiAnswerReader({ provider: 'openai', inputCharacters: 40 });
    expect(reader.feed(bytes(calls({ index: 0, function: { arguments: '{"x"' } })))).toEqual([]);
    const [named, ...others] = reader.feed(bytes(calls({ index: 0, function: { name: 'first' } })));
    expect([named, others]).toMatchObject([{ index: 0, name: 'first', text: '{"x"' }, []]);
    const { id } = named as { id: string };
    expect(id).toMatch(/^call_./);
    expect(reader.feed(bytes(calls({ index: 0, id: 'late', function: { arguments: ':1}' } })))).toEqual([
      piece(0, id, 'first', ':1}'),
    ]);
    reader.feed(bytes(finish('tool_calls')));
    expect(reader.end()[0]).toEqual({ type: 'tool_call', call: { id, name: 'first', arguments: '{"x":1}' } });
  });

  it('are in pieces what they are as a whole, well-formed and without the space around them', () => {
    const torn = [' ', '\n{"x": "', '\ud83d', '\ude80 \0', '  ', 'b"', ' ', '} ', '\n'];
    const reads = torn.map((text) => calls(opening(0, 'a', 'first', text)));
    const parts = read(...reads, finish('tool_calls'));
    const texts = parts.flatMap((part) => (part.type === 'tool_piece' ? [part.text] : []));
    const [call] = parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(texts.join('')).toBe('{"x": "🚀   b" }');
    expect(call!.arguments).toBe(texts.join(''));
    expect(texts.every((text) => text.isWellFormed() && !text.includes('\0'))).toBe(true);
  });

  it('without arguments are one piece without text', () => {
    const parts = read(calls(opening(0, 'a', 'now', ' ')), finish('tool_calls'));
    expect(parts).toMatchObject([piece(0, 'a', 'now', ''), { call: { arguments: '{}' } }, {}]);
  });

  it('that all have one index have places of their own', () => {
    const wire = calls(opening(0, 'a', 'first', '{}')) + calls(opening(0, 'b', 'second', '{}'));
    expect(read(wire, finish('stop'))).toMatchObject([
      piece(0, 'a', 'first', '{}'),
      piece(1, 'b', 'second', '{}'),
      {},
      {},
      {},
    ]);
  });

  it('stay apart however their pieces are mixed, and whatever cuts the bytes', () => {
    const texts = Array.from({ length: 5 }, (_, index) => JSON.stringify({ city: '東京 🚀', index }));
    const order = [3, 0, 4, 1, 2];
    const openings = order.map((index) => calls(opening(index, `id${index}`, `tool${index}`)));
    const pieces = Array.from({ length: 40 }, (_, place) =>
      calls(
        ...order.flatMap((index) =>
          texts[index]![place] === undefined ? [] : [more(index, texts[index]![place])],
        ),
      ),
    );
    const whole = bytes(openings.join('') + pieces.join('') + finish('tool_calls') + DONE);
    const singles = Array.from(whole, (_, index) => whole.subarray(index, index + 1));
    const found = read(...singles).flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
    expect(found.map(({ id }) => id)).toEqual(order.map((index) => `id${index}`));
    for (const { id, name, arguments: text } of found) {
      expect([name, text]).toEqual([`tool${id.slice(2)}`, texts[Number(id.slice(2))]]);
    }
  });

  it('are told apart by their id where all have one index', () => {
    const wire = calls(opening(0, 'a', 'first', '{}')) + calls(opening(0, 'b', 'second', '{}'));
    expect(callsOf(wire, finish('stop')).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('stay apart where all have one index and their pieces are mixed', () => {
    const piece = (id: string, text: string) => ({ index: 0, id, function: { arguments: text } });
    const wire =
      calls(opening(0, 'a', 'first'), opening(0, 'b', 'second')) +
      calls(piece('a', '{"x":'), piece('b', '{"y":'), piece('a', '1}'), piece('b', '2}'));
    expect(callsOf(wire, finish('tool_calls')).map(({ arguments: text }) => text)).toEqual([
      '{"x":1}',
      '{"y":2}',
    ]);
  });

  it('get an id and empty arguments where the provider leaves them out', () => {
    const [call] = callsOf(calls({ function: { name: 'now' } }), finish('tool_calls'));
    expect(call).toMatchObject({ name: 'now', arguments: '{}' });
    expect(call!.id).not.toBe('');
  });

  it('make the answer one that ends in tool calls, whatever the provider calls it', () => {
    expect(read(calls(opening(0, 'a', 'first', '{}')), finish('stop')).at(-1)).toMatchObject({
      reason: 'tool_calls',
    });
  });

  it('are left out when the limit of tokens cut them short', () => {
    const parts = read(
      calls(opening(0, 'a', 'first', '{}'), opening(1, 'b', 'second', '{"x":')),
      finish('length'),
    );
    expect(parts).toMatchObject([
      { type: 'tool_piece', id: 'a' },
      { type: 'tool_piece', id: 'b' },
      { type: 'tool_call', call: { id: 'a' } },
      { type: 'finish', reason: 'length' },
    ]);
  });

  it('are given with arguments that are no JSON to whoever wants them so, but for those cut short', () => {
    const readAs = (reason: string) => {
      const reader = new OpenAiAnswerReader({
        provider: 'openai',
        inputCharacters: 40,
        tools: ['first'],
        takesBrokenArguments: true,
      });
      const wire = calls(opening(0, 'a', 'first', '{"x":')) + finish(reason) + DONE;
      return [...reader.feed(bytes(wire)), ...reader.end()].filter(({ type }) => type === 'tool_call');
    };
    expect(readAs('tool_calls')).toEqual([
      { type: 'tool_call', call: { id: 'a', name: 'first', arguments: '{"x":' } },
    ]);
    expect(readAs('length')).toEqual([]);
  });

  const answeredAs = (...wires: readonly string[]) => {
    const reader = new OpenAiAnswerReader({
      provider: 'openai',
      inputCharacters: 40,
      tools: ['first'],
      takesBrokenArguments: true,
    });
    const parts = wires.flatMap((wire) => reader.feed(bytes(wire)));
    parts.push(...reader.feed(bytes(finish('tool_calls') + DONE)), ...reader.end());
    return parts.flatMap((part) => (part.type === 'tool_call' ? [part.call] : []));
  };

  it('are given to whoever answers them also where they are very many, within a bound', () => {
    const many = (count: number, id = '') =>
      calls(...Array.from({ length: count }, (_, index) => opening(index, `${index}${id}`, 'first', '{}')));
    expect(answeredAs(many(1_000))).toHaveLength(1_000);
    const refused = expect.objectContaining({ code: 'PROVIDER_ERROR' });
    expect(() => answeredAs(many(1_025))).toThrow(refused);
    expect(() => answeredAs(many(500, 'x'.repeat(20_000)))).toThrow(refused);
  });

  it.each([
    ['are two objects', [opening(0, 'a', 'first', '{"x":1}'), more(0, '{"x":2}')], 'first', '{"x":1}{"x":2}'],
    ['are a list', [{ index: 0, id: 'a', function: { name: 'first', arguments: [1] } }], 'first', '[1]'],
    ['are those of nothing', [opening(0, 'a', '', '{"x":1}')], '', '{"x":1}'],
  ])('are given to whoever answers them also where their arguments %s', (_what, pieces, name, text) => {
    const wires = pieces.map((piece) => calls(piece));
    expect(answeredAs(...wires)).toEqual([{ id: 'a', name, arguments: text }]);
    expect(() => read(...wires, finish('tool_calls'))).toThrow(
      expect.objectContaining({ code: 'PROVIDER_ERROR' }),
    );
  });

  it('are one where a server repeats all of it at its end', () => {
    expect(answeredAs(calls(opening(0, 'a', 'first', '{"x":1}')), calls(more(0, '{"x":1}')))).toEqual([
      { id: 'a', name: 'first', arguments: '{"x":1}' },
    ]);
  });

  it.each([
    ['their arguments are not JSON', calls(opening(0, 'a', 'first', '{"x":'))],
    ['they have no name', calls({ index: 0, id: 'a', function: { arguments: '{}' } })],
    [
      'they are too long',
      calls(opening(0, 'a', 'first', '{"x":"')) +
        Array.from({ length: 11 }, () => calls(more(0, 'x'.repeat(400_000)))).join('') +
        calls(more(0, '"}')),
    ],
    ['their name is too long', calls(opening(0, 'a', 'x'.repeat(1_001), '{}'))],
    [
      'they are too many',
      calls(...Array.from({ length: 129 }, (_, index) => opening(index, `${index}`, 'f', '{}'))),
    ],
  ])('are refused when %s', (_name, wire) => {
    expect(() => read(wire, finish('tool_calls'))).toThrow(
      expect.objectContaining({ code: 'PROVIDER_ERROR' }),
    );
  });
});
