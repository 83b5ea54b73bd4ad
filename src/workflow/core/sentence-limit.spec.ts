import { SentenceLimit } from './sentence-limit.js';

/** What a limit lets through of a text that arrives in these pieces, and whether it was reached. */
function limited(pieces: readonly string[], sentences = 2) {
  const limit = new SentenceLimit(sentences);
  let text = '';
  for (const piece of pieces) text += limit.push(piece);
  return { text: text + limit.end(), isReached: limit.isReached };
}

/** A sequence of numbers that is the same for the same seed. */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

function cut(text: string, seed: number): string[] {
  const random = randomOf(seed);
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const length = 1 + random(seed % 3 === 0 ? 3 : 17);
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}

/** Texts, and what two sentences of them are: `|` stands where the second one ends, and `¦` where the first one does. */
const CORPUS: readonly string[] = [
  // Plain
  'One is here.¦ Two is here.| Three is not.',
  'Only one sentence.¦',
  'No end at all',
  'Really?¦ Yes!| And more.',
  'What?!¦ No way...| Then this.',
  'Well… maybe so.¦ Yes.| No.',
  'Wait…¦ Something is wrong.| Run.',
  '...and so it begins.¦ It ends.| Over.',
  // Abbreviations
  'Dr. Smith met Mrs. Jones at 5 p.m. yesterday.¦ They spoke, e.g. about cats, i.e. pets.| Then they left.',
  'J. R. R. Tolkien wrote it.¦ The U.S. Army read it.| He was glad.',
  'He lives in the U.S.¦ She does not.| Why?',
  'See Fig. 3 and No. 5, approx. half of vol. II.¦ No.| I mean it.',
  'No.¦ I do not think so.| Really.',
  'So did I.¦ Max agreed.| All did.',
  'Apples, pears, etc. are fruit.¦ Buy some, etc.| They are good.',
  'Das gilt z.B. für Bonn bzw. Berlin.¦ Am 3. Mai kam Hr. Maier.| Es regnete.',
  'M. Dupont est là.¦ Il attend, p.ex. ici.| Voilà.',
  // Numbers, versions, addresses
  'It costs $3.50 or .5 units.¦ Node 26.10.0 runs v1.2.3.| More.',
  'Pi is 3.14.¦ Take 2.| Then 3.',
  'It was 2020.¦ The next year came.| Then more.',
  'Open https://example.com/a.b?c=d.e!f now.¦ Or mail a.b@c.org.| Thanks.',
  'Use package.json and index.ts.¦ Run `npm i. Then` first.| Done.',
  'Yahoo!Inc and node.js agree.¦ Right.| Wrong.',
  // Quotes, brackets, emphasis, citations
  '"Why?" she asked.¦ "Because," he said.| She left.',
  'He said "Go."¦ Then he left.| Gone.',
  '“Stop!” he cried.¦ (It was late.)| We stopped.',
  '**This is bold.**¦ _This is not._| Nor this.',
  'Paris is the capital.[1]¦ It has a tower. [2] [3]| It is tall.',
  'Rome is old [1].¦ It is big [2].| It is warm.',
  'Er sagte: „Ja.“¦ Dann ging er.| Ende.',
  '« Oui.\u00a0»¦ Il part.| Fin.',
  // Lists, headings, paragraphs
  '1. First thing.¦\n2. Second thing.|\n3. Third thing.',
  'Choose one:\n\n- apples\n- pears¦\n\nWhich one?| Say.',
  '- eggs.¦\n- milk.|\n- bread.',
  '## A title¦\n\nA sentence.| Another.',
  'One paragraph¦\n\nAnother paragraph|\n\nA third',
  'A line\nthat goes on.¦ And ends\nhere.| Over.',
  '* one\n\n* two\n\n* three¦\n\nAnd text.| More.',
  // Code
  'Run this:\n```js\nfoo(). Bar! baz?\n\nx.y();\n```¦\nThen look.| More.',
  'Run this.¦ Then:\n\n~~~\na. B. C.\n~~~|\nMore.',
  'Use `a. B` and ``c`. D`` here.¦ Not x.| Y.',
  'A block.¦\n\n````md\n```\ninner. Text.\n```\n````\nSecond.| Third.',
  // Chinese, Japanese, Korean and others
  '你好。¦我是助手！|你呢？',
  '他说：“好。”¦然后走了。|完。',
  '真的吗?¦是的.|好。',
  '「はい。」¦とても良い３．５点です。|終わり。',
  '안녕하세요.¦ 반갑습니다.| 끝.',
  'नमस्ते।¦ आप कैसे हैं?| ठीक।',
  'هل هذا صحيح؟¦ نعم.| لا.',
  'А. С. Пушкин писал.¦ Его читали.| Все.',
  // Emoji
  'Great!¦ 🎉 Let us go.| Now.',
  'Done!🎉¦ Next one 👩‍👩‍👧.| Over.',
  '🎉🎉 Hooray 👍🏽.¦ Yes 😀!| No.',
];

const cases = CORPUS.map((marked) => {
  const first = marked.includes('¦') ? marked.slice(0, marked.indexOf('¦')) : marked;
  const shown = marked.slice(0, marked.includes('|') ? marked.indexOf('|') : undefined).replaceAll('¦', '');
  const isReached = marked.includes('|');
  return { text: marked.replaceAll(/[¦|]/g, ''), first, shown, isReached };
});

describe('a limit of sentences', () => {
  it.each(cases)('ends where the second one ends: $text', ({ text, first, shown, isReached }) => {
    expect(limited([text])).toEqual({ text: shown, isReached });
    expect(limited([text], 1).text).toBe(first);
  });

  it.each(cases)('shows the same however the text is cut: $text', ({ text, shown, first }) => {
    expect(limited([...text])).toMatchObject({ text: shown });
    expect(limited(text.split(''))).toMatchObject({ text: shown });
    for (let seed = 1; seed <= 60; seed += 1) {
      expect(limited(cut(text, seed))).toMatchObject({ text: shown });
      expect(limited(cut(text, seed), 1)).toMatchObject({ text: first });
    }
  });

  it('never lets anything through that it would not let through of the whole text', () => {
    for (const { text, shown } of cases) {
      const limit = new SentenceLimit(2);
      let passed = '';
      for (const unit of text.split('')) {
        passed += limit.push(unit);
        expect(shown.startsWith(passed)).toBe(true);
      }
    }
  });

  it('gives random texts the same end however they are cut', () => {
    const parts = [
      'a',
      'Dr',
      'B',
      '1',
      '12',
      '.',
      '. ',
      '? ',
      '!',
      '…',
      '"',
      '”',
      ')',
      '*',
      '`',
      '```',
      '~~~',
    ];
    const more = [
      '\n',
      '\n\n',
      '- ',
      '# ',
      ' ',
      ' [1]',
      '[',
      ':',
      '。',
      '好',
      '🎉',
      'The ',
      'e.g. ',
      '    ',
      '“',
      'ß',
    ];
    const all = [...parts, ...more];
    for (let seed = 1; seed <= 1_500; seed += 1) {
      const random = randomOf(seed);
      const text = Array.from({ length: 40 }, () => all[random(all.length)]!).join('');
      const sentences = 1 + (seed % 4);
      const whole = limited([text], sentences);
      expect(limited(text.split(''), sentences)).toEqual(whole);
      expect(limited(cut(text, seed), sentences)).toEqual(whole);
      expect(text.startsWith(whole.text)).toBe(true);
    }
  });

  it('lets everything through at once but what may be behind the last sentence', () => {
    const limit = new SentenceLimit(2);
    expect(limit.push('One. Tw')).toBe('One. Tw');
    expect(limit.push('o is long')).toBe('o is long');
    expect(limit.push('.')).toBe('.');
    expect(limit.push(' ')).toBe('');
    expect(limit.isReached).toBe(false);
    expect(limit.push('Three')).toBe('');
    expect(limit.isReached).toBe(true);
    expect(limit.push(' more')).toBe('');
    expect(limit.end()).toBe('');
  });

  it('holds back some characters at most', () => {
    const random = randomOf(7);
    for (let round = 0; round < 300; round += 1) {
      const limit = new SentenceLimit(1);
      const text = `Word. ${Array.from({ length: 200 }, () => ' ([.*…"\n1-🎉'[random(10)]!).join('')}`;
      let given = 0;
      let passed = 0;
      for (const unit of text.split('')) {
        if (limit.isReached) break;
        given += 1;
        passed += limit.push(unit).length;
        expect(given - passed).toBeLessThan(160);
      }
    }
  });

  it.each([
    ['sentences', 'Abc d. '],
    ['dots', '.'],
    ['backticks', '`'],
    ['blanks', ' '],
    ['a line without an end', 'a'],
    ['brackets', 'a.[1'],
  ])('takes a long text of %s, unit by unit', (_what, part) => {
    const limit = new SentenceLimit(1_000_000);
    const text = `A${part.repeat(200_000 / part.length)}`;
    let passed = '';
    for (const unit of text) passed += limit.push(unit);
    expect(passed + limit.end()).toBe(text);
  });
});
