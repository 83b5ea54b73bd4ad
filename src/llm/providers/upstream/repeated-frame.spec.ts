import { RepeatedFrame } from './repeated-frame.js';

const frame = (content: string, more = '') =>
  `{"id":"x","choices":[{"delta":{"content":${JSON.stringify(content)}}${more}}]}`;

/** What has learned this frame. */
function learned(content = 'Hello', text = frame(content)): RepeatedFrame {
  const repeated = new RepeatedFrame();
  repeated.learn(text, content);
  return repeated;
}

describe('a frame like an earlier one', () => {
  it.each(['a', ' naïve 東京 🚀', 'a "quoted" \\ and \u2028\n\t\u0001 too', '","role":"system', 'Hello'])(
    'has %j as its content',
    (content) => {
      expect(learned().contentOf(frame(content))).toBe(content);
    },
  );

  it('has its content after a blank, too', () => {
    const spaced = (content: string) => `{"delta": {"content": ${JSON.stringify(content)}, "role": null}}`;
    expect(learned('Hi', spaced('Hi')).contentOf(spaced('there'))).toBe('there');
  });

  it.each([
    ['no content', frame('')],
    ['more fields', frame('a', ',"finish_reason":"stop"')],
    ['another beginning', frame('a').replace('"x"', '"y"')],
    ['a content that is no text', frame('a').replace('"a"', '7')],
    ['a further key where its content would be', frame('a","role":"b').replaceAll('\\', '')],
    ['an escape that is none', frame('a').replace('"a"', '"\\x"')],
    ['a bare line end in its content', frame('a').replace('"a"', '"\n"')],
    ['nothing but its end', '}}]}'],
    ['half of it', frame('a').slice(0, -9)],
  ])('is not one with %s', (_, text) => {
    expect(learned().contentOf(text)).toBeUndefined();
  });

  it.each([
    ['has two contents', 'Hello', '{"content":"Hello","delta":{"content":"Hello"}}'],
    ['has its content under another key', 'Hello', '{"delta":{"text":"Hello"}}'],
    ['says content elsewhere', 'Hello', '{"type":"content","text":"Hello"}'],
    ['has another content', 'Hello', frame('Hell')],
    ['has escapes in its content', 'a\n', frame('a\n')],
  ])('is not looked for after one that %s', (_, content, text) => {
    const repeated = learned(content, text);
    expect(repeated.contentOf(text)).toBeUndefined();
    expect(repeated.contentOf(frame('Hello'))).toBeUndefined();
  });

  it('is no longer learned where frames differ in more than that', () => {
    const repeated = new RepeatedFrame();
    const obfuscated = (place: number) => frame('a', `,"obfuscation":"${place}"`);
    for (let place = 0; place < 8; place += 1) {
      expect(repeated.isLearning).toBe(true);
      expect(repeated.contentOf(obfuscated(place))).toBeUndefined();
      repeated.learn(obfuscated(place), 'a');
    }
    expect(repeated.isLearning).toBe(false);
  });
});
