import { SaidText } from './said-text.js';

describe('the text of an answer', () => {
  it('is all its pieces, also when it is asked for in between', () => {
    const said = new SaidText();
    said.say('One');
    said.think('hm');
    expect([said.text, said.reasoning, said.chars]).toEqual(['One', 'hm', 3]);
    said.say(', two');
    said.say(', three');

    expect([said.text, said.text, said.reasoning, said.chars]).toEqual([
      ...['One, two, three', 'One, two, three', 'hm', 15],
    ]);
  });

  it('begins anew after a reset', () => {
    const said = new SaidText();
    said.say('lost');
    said.think('lost, too');
    said.reset();
    expect([said.text, said.reasoning, said.chars]).toEqual(['', '', 0]);
    said.say('kept');

    expect([said.text, said.reasoning, said.chars]).toEqual(['kept', '', 4]);
  });

  it('can be counted without being kept', () => {
    const said = new SaidText({ keepsText: false });
    said.say('😀');
    said.say('word');
    expect([said.text, said.chars]).toEqual(['', 6]);
    said.replace('longer than before');
    expect([said.text, said.chars]).toEqual(['', 18]);
    said.reset();

    expect(said.chars).toBe(0);
  });
});
