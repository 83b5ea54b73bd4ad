import { callOf, describeTool } from '../../../../test/contracts/tool.contract.js';
import { MemoryStoredResults } from '../../../../test/doubles/memory-stored-results.js';
import { newUser } from '../../../../test/support/callers.js';
import { contextOf } from '../../../../test/support/tools.js';
import { schemaIssues } from '../../../platform/json-schema/index.js';
import { textForModel } from '../../core/tool-result.js';
import type { StoredResults } from '../../ports/stored-results.js';
import { ReadResult } from './read-result.js';

/** Whoever asks has these results. */
const having = (content: string): Pick<StoredResults, 'read'> => {
  const [results, ada] = [new MemoryStoredResults(), newUser()];
  const threadId = results.newThread(ada);
  results.store(threadId, 'call_1', content);
  return {
    read: (_caller, _threadId, callId, from, length) => results.read(ada, threadId, callId, from, length),
  };
};

describeTool('read_result', () => ({
  tool: new ReadResult(having('0123456789')),
  succeeds: { callId: 'call_1', offset: 3 },
  fails: { callId: 'call_2' },
}));

describe('reading on in a result', () => {
  const read = async (content: string, args: object) => {
    const { output } = await callOf(new ReadResult(having(content)), { callId: 'call_1', ...args });
    return {
      ok: output.ok,
      text: output.parts.map((part) => (part.type === 'text' ? part.text : '')).join(),
    };
  };

  it('gives the rest, and says where a part of it ends', async () => {
    expect(await read('0123456789', { offset: 8 })).toEqual({ ok: true, text: '89' });
    expect(await read('0123456789', { offset: 2, length: 3 })).toEqual({
      ok: true,
      text: '234\n\n[Characters 2 to 5 of 10.]',
    });
    expect((await read('x'.repeat(12_001), {})).text).toMatch(/x\n\n\[Characters 0 to 12000 of 12001\.\]$/);
  });

  it('gives as much as there is room for of characters that take two units each, and says where that ends', async () => {
    const tool = new ReadResult(having('z😀'.repeat(30_000)));
    const { text } = await read('z😀'.repeat(30_000), { offset: 14_000 });
    expect(text.length).toBeLessThanOrEqual(tool.definition.limits.maxResultChars);
    expect(text).toMatch(/z😀\n\n\[Characters 14000 to 22000 of 60000\.\]$/);
  });

  it('says how long the result is when it is asked for more', async () => {
    expect(await read('0123456789', { offset: 10 })).toEqual({
      ok: false,
      text: 'The result has 10 characters only.',
    });
  });

  it('comes to the whole of it, from where a model was told to read on', async () => {
    const whole = `begin${'😀é'.repeat(20_000)}end`;
    const [head, how, tail] = textForModel(whole, 'call_1').split('\n\n') as [string, string, string];
    let [left, offset] = [/\[(\d+)/, /offset (\d+)/].map((number) => Number(number.exec(how)![1])) as [
      number,
      number,
    ];
    let text = head;
    while (left > 0) {
      const part = (await read(whole, { offset, length: Math.min(left, 12_000) })).text.split(
        '\n\n[Characters',
      )[0]!;
      text += part;
      offset += [...part].length;
      left -= [...part].length;
    }
    // Not the texts: a difference would fill the screen.
    expect(text + tail === whole).toBe(true);
  });

  it('reads in the caller’s own thread alone', async () => {
    const [results, ada] = [new MemoryStoredResults(), newUser()];
    const threadId = results.newThread(ada);
    results.store(threadId, 'call_1', 'own');
    const tool = new ReadResult(results);
    const { signal } = new AbortController();
    const outputOf = async (change: Parameters<typeof contextOf>[0]) =>
      (await tool.call({ callId: 'call_1' }, contextOf(change), signal).next()).value;
    expect(await outputOf({ caller: ada, threadId })).toMatchObject({ ok: true });
    expect(await outputOf({ caller: newUser(), threadId })).toMatchObject({ ok: false });
    expect(await outputOf({ caller: ada, threadId: results.newThread(ada) })).toMatchObject({ ok: false });
    expect(await outputOf({ caller: ada, threadId: undefined })).toMatchObject({ ok: false });
  });

  it.each([
    {},
    { callId: '' },
    { callId: 'a', offset: -1 },
    { callId: 'a', length: 12_001 },
    { callId: 'a', more: 1 },
  ])('does not take the arguments %j', (args) => {
    const { definition } = new ReadResult(having(''));
    expect(schemaIssues(definition.parameters, args)).toHaveLength(1);
  });
});
