import { FrameDecoder } from './frame-decoder.js';

const bytes = (text: string) => Buffer.from(text);

/** The frames in these reads, under their names, and what went wrong. */
function decoded(...reads: readonly (string | Uint8Array)[]) {
  const frames: (readonly [object, string | undefined])[] = [];
  let isDone = false;
  const decoder = new FrameDecoder(
    'p',
    (frame, name) => void frames.push([frame, name]),
    () => (isDone = true),
  );
  for (const read of reads) decoder.feed(typeof read === 'string' ? bytes(read) : read);
  decoder.end();
  return { frames, isDone, failure: decoder.failure };
}

const A = '{"a":1}';
const B = '{"b":2}';
const BOTH = [
  [{ a: 1 }, undefined],
  [{ b: 2 }, undefined],
];

describe('the frames of an answer', () => {
  it.each([
    ['an event stream', `data: ${A}\n\ndata:${B}\n\n`],
    ['an event stream without blank lines', `data: ${A}\ndata: ${B}\n`],
    ['an event stream that ends in its last line', `data: ${A}\n\ndata: ${B}`],
    ['an event stream with carriage returns', `data: ${A}\r\rdata: ${B}\r\r`],
    ['an event stream with line ends of two letters', `data: ${A}\r\n\r\ndata: ${B}\r\n\r\n`],
    ['an event stream with blanks before its lines', ` data: ${A}\n\n  data: ${B}\n\n`],
    ['a JSON a line', `${A}\n${B}\n`],
    ['a JSON a line, indented', `  ${A}\n\n\t${B}`],
    ['a list of JSON', `[${A},${B}]`],
    ['a list of JSON over many lines', JSON.stringify([{ a: 1 }, null, { b: 2 }], null, 2)],
    ['JSON in the middle of an event stream', `data: ${A}\n\n${B}\n`],
    ['a list of JSON in an event', `data: [${A},${B}]\n\n`],
    ['data over several lines', `data: {"a":\ndata: 1}\n\ndata: ${B}\n\n`],
    ['JSON inside a JSON string', `data: ${JSON.stringify(A)}\n\ndata: ${B}\n\n`],
    ['a byte order mark', `\ufeff${A}\n${B}\n`],
    [
      'what keeps it open between them',
      `: c\n:\ndata:\n\ndata: ${A}\n\ndata: null\n\nevent: ping\ndata: now\n\nping\nnull\nid: 1\nretry: 5\nfoo: bar\ndata: ${B}\n\n`,
    ],
  ])('are found in %s, whatever cuts it', (_name, wire) => {
    expect(decoded(wire)).toMatchObject({ frames: BOTH, failure: undefined });
    const whole = bytes(wire);
    const singles = Array.from(whole, (_, at) => whole.subarray(at, at + 1));
    expect(decoded(...singles)).toMatchObject({ frames: BOTH, failure: undefined });
  });

  it('have the name of their event, and lose it with the event', () => {
    expect(decoded(`event: x\ndata: ${A}\n\ndata: ${B}\n\n`).frames).toEqual([
      [{ a: 1 }, 'x'],
      [{ b: 2 }, undefined],
    ]);
  });

  it.each(['data: [DONE]\n\n', 'data:[done]', 'data: "[DONE]"\n', '[DONE]\n'])('end with %j', (end) => {
    expect(decoded(`data: ${A}\n\n`, end)).toMatchObject({ isDone: true, failure: undefined });
  });

  it.each([
    ['error: {"message":"m"}\n', { error: { message: 'm' } }],
    ['error: {"error":{"message":"m"}}\n', { error: { message: 'm' } }],
    ['error: out of memory\n', { error: 'out of memory' }],
    ['event: error\ndata: out of memory\n\n', { error: 'out of memory' }],
    ['event: error\ndata: {"message":"m"}\n\n', { message: 'm' }],
  ])('are called errors in %j', (wire, frame) => {
    expect(decoded(`data: ${A}\n\n${wire}`).frames.at(-1)).toEqual([frame, 'error']);
  });

  it.each([
    ['a page', '<html><body>Busy</body></html>'],
    ['a sentence', 'Internal Server Error\n'],
    ['half a JSON', `data: ${A}\n\ndata: {"b":\n\n`],
    ['half a line', `${A}\n{"b":\n${B}\n`],
    ['half a document', '{\n "a": 1,'],
    ['a number', 'data: 5\n\n'],
    ['a list in a list', '[[1]]'],
    ['a line without an end', `data: "${'x'.repeat(16_000_001)}`],
    ['a document without an end', `{\n${'"x",\n'.repeat(3_300_000)}`],
    [
      'an event without an end',
      `data: {\n${'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n'.repeat(420_000)}`,
    ],
  ])('are not looked for in %s', (_name, wire) => {
    expect(decoded(wire).failure).toMatchObject({ code: 'PROVIDER_ERROR', fault: 'server' });
  });
});
