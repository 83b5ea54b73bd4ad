import { broken, outcome, setUp, summary } from '../../../test/support/asked-model.js';
import type { TextLimit } from './limited-parts.js';

/** Lets so many characters through, and holds back the last one until it knows more. */
class Characters implements TextLimit {
  private text = '';
  private passed = 0;
  constructor(private readonly most: number) {}
  get isReached() {
    return this.text.length > this.most;
  }
  push(piece: string) {
    if (this.isReached) return '';
    this.text += piece;
    return this.pass(Math.min(this.most, this.text.length - 1));
  }
  end() {
    return this.isReached ? '' : this.pass(this.text.length);
  }
  private pass(until: number) {
    const passed = this.text.slice(this.passed, until);
    this.passed = Math.max(this.passed, until);
    return passed;
  }
}

const five = () => new Characters(5);
const TOOLS = [{ name: 'look', parameters: { type: 'object' } }];

describe('an answer with a limit', () => {
  it('ends where it is reached, and the model is asked for no more', async () => {
    const setting = setUp({ openai: [{ thinks: ['hm'], says: ['abc', 'def', 'ghi'], hangs: true }] });
    const { parts, answered } = await outcome(setting, { limitText: five });
    expect(parts.filter(({ type }) => type === 'text')).toEqual([
      { type: 'text', text: 'ab' },
      { type: 'text', text: 'cde' },
    ]);
    expect(answered).toMatchObject({
      finishReason: 'stop',
      said: { text: ['ab', 'cde'], reasoning: ['hm'] },
      usage: { inputTokens: 2, outputTokens: 2, estimated: true },
    });
    expect(setting.models[0]!.left).toBe(1);
  });

  it('has one row in the ledger, with all that was said until then', async () => {
    const setting = setUp({ openai: [{ prompt: { inputTokens: 70 }, says: ['abcdefghi'], hangs: true }] });
    const { answered } = await outcome(setting, { limitText: five });
    expect(answered?.usage).toMatchObject({ inputTokens: 70, estimated: true });
    expect(setting.rows).toMatchObject([
      { outcome: 'completed', errorCode: null, inputTokens: 70, outputTokens: 9, estimated: true },
    ]);
  });

  it('is whole where the limit is not reached, with what was held back', async () => {
    const setting = setUp({ openai: [{ says: ['ab', 'cde'] }] });
    const { answered } = await outcome(setting, { limitText: five });
    expect(answered).toMatchObject({ said: { text: ['a', 'bcd', 'e'] }, usage: { outputTokens: 5 } });
    expect(setting.rows).toMatchObject([{ inputTokens: 10, outputTokens: 5, estimated: false }]);
  });

  it('is read to its end where the model may call tools', async () => {
    const setting = setUp({ openai: [{ says: ['abcdef', 'ghi'], calls: 1 }] });
    const { answered } = await outcome(setting, { limitText: five, tools: TOOLS });
    expect(answered?.said.text.join('')).toBe('abcde');
    expect(answered?.toolCalls).toHaveLength(1);
    expect(setting.models[0]!.left).toBe(0);
  });

  it('begins anew with each attempt', async () => {
    const setting = setUp({ openai: [{ says: ['abc'], throws: broken() }], groq: [{ says: ['12345678'] }] });
    const { answered } = await outcome(setting, { limitText: five });
    expect(answered).toMatchObject({ provider: 'groq', said: { text: ['12345'] } });
    expect(summary(setting.rows).map(({ how }) => how)).toEqual(['failed', 'completed']);
  });
});
