import { LeaseLostError, newId, type Caller } from '../../src/kernel/index.js';
import type { NewPart, PartWriter, ResultParts } from '../../src/thread/ports/result-parts.js';
import { newUser } from '../support/callers.js';

export interface ResultPartsUnderTest {
  readonly parts: ResultParts;
  /** Makes a thread with a turn that writes. */
  newWriter(owner: Caller): Promise<PartWriter>;
  /** Stores the message with what came of a call, drawn from documents up to this level: 0 is `public`, 3 `restricted`. */
  tell(writer: PartWriter, callId: string, level?: number): Promise<void>;
  /** Another process takes the turn over. */
  takeOver(writer: PartWriter): Promise<PartWriter>;
  removeThread(owner: Caller, threadId: string): Promise<void>;
  /** How many rows are stored for a thread. */
  countRows(threadId: string): Promise<number>;
}

const PLENTY = 1e9;
const textPart = (text: string): NewPart => ({ id: newId(), mediaType: 'text/plain', content: { text } });
const bytesPart = (bytes: Buffer): NewPart => ({
  id: newId(),
  mediaType: 'image/png',
  content: { data: bytes.toString('base64') },
});

/** Holds an implementation to every promise of {@link ResultParts}. */
export function describeResultParts(name: string, setUp: () => ResultPartsUnderTest): void {
  describe(`parts of results in ${name}`, () => {
    let on: ResultPartsUnderTest;
    let ada: Caller;
    let writer: PartWriter;
    beforeEach(async () => {
      on = setUp();
      ada = newUser();
      writer = await on.newWriter(ada);
    });
    const open = (id: string, caller = ada, thread = writer.threadId) => on.parts.open(caller, thread, id);
    const contentOf = async (id: string) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of (await open(id))!.pieces()) pieces.push(piece);
      return { content: Buffer.concat(pieces), largest: Math.max(0, ...pieces.map(({ length }) => length)) };
    };

    it('are served as they were stored, in pieces of a bounded size', async () => {
      const text = `${'é😀x'.repeat(200_000)}end`;
      const bytes = Buffer.from(Array.from({ length: 700_001 }, (_, at) => (at * 31) % 256));
      const [first, second] = [textPart(text), bytesPart(bytes)];
      expect(await on.parts.keep(writer, 'call', [first, second], PLENTY)).toBe(true);
      await on.tell(writer, 'call');
      expect(await open(first.id)).toMatchObject({ mediaType: 'text/plain', size: Buffer.byteLength(text) });
      expect(await open(second.id)).toMatchObject({ mediaType: 'image/png', size: 700_001 });
      const [said, seen] = [await contentOf(first.id), await contentOf(second.id)];
      // Not the contents: a difference would fill the screen.
      expect([said.content.equals(Buffer.from(text)), seen.content.equals(bytes)]).toEqual([true, true]);
      expect(Math.max(said.largest, seen.largest)).toBeLessThan(1_000_000);
    });

    it('may be empty', async () => {
      const part = textPart('');
      await on.parts.keep(writer, 'call', [part], PLENTY);
      await on.tell(writer, 'call');
      expect(await open(part.id)).toMatchObject({ size: 0 });
      expect((await contentOf(part.id)).content).toHaveLength(0);
    });

    it('are absent until the message with the result is stored', async () => {
      const part = textPart('said');
      await on.parts.keep(writer, 'call', [part], PLENTY);
      expect(await open(part.id)).toBeUndefined();
      await on.tell(writer, 'call');
      expect(await open(part.id)).toBeDefined();
    });

    it('are absent for everybody else, and for whoever may not read what they are drawn from', async () => {
      const part = textPart('said');
      await on.parts.keep(writer, 'call', [part], PLENTY);
      await on.tell(writer, 'call', 3);
      const cleared: Caller = { ...ada, clearance: 'restricted' };
      const other = newUser();
      expect(await open(part.id, cleared)).toBeDefined();
      expect(await open(part.id, { ...ada, clearance: 'confidential' })).toBeUndefined();
      expect(await open(part.id, { ...other, clearance: 'restricted' })).toBeUndefined();
      expect(await open(part.id, { ...cleared, org: 'other' })).toBeUndefined();
      expect(await open(part.id, cleared, (await on.newWriter(ada)).threadId)).toBeUndefined();
      expect(await open(newId(), cleared)).toBeUndefined();
    });

    it('are stored in place of those of an earlier execution, and beside those of other calls', async () => {
      const [former, beside, newer] = [textPart('former'), textPart('beside'), textPart('newer')];
      await on.parts.keep(writer, 'call', [former], PLENTY);
      await on.parts.keep(writer, 'other', [beside], PLENTY);
      const next = await on.takeOver(writer);
      await on.parts.keep(next, 'call', [newer], PLENTY);
      await on.tell(next, 'call');
      await on.tell(next, 'other');
      expect(await open(former.id)).toBeUndefined();
      expect((await contentOf(newer.id)).content.toString()).toBe('newer');
      expect((await contentOf(beside.id)).content.toString()).toBe('beside');
    });

    it('are not stored by a writer whose epoch has passed', async () => {
      const part = textPart('said');
      await on.takeOver(writer);
      await expect(on.parts.keep(writer, 'call', [part], PLENTY)).rejects.toThrow(LeaseLostError);
      expect(await on.countRows(writer.threadId)).toBe(0);
    });

    it('are not stored where the turn would have more than it may', async () => {
      const [first, second] = [textPart('x'.repeat(60)), textPart('x'.repeat(60))];
      expect(await on.parts.keep(writer, 'call', [first], 100)).toBe(true);
      expect(await on.parts.keep(writer, 'other', [second], 100)).toBe(false);
      // In its own place it is not counted twice.
      expect(await on.parts.keep(writer, 'call', [textPart('x'.repeat(90))], 100)).toBe(true);
      expect(await on.parts.keep(writer, 'call', [textPart('x'.repeat(101))], 100)).toBe(false);
    });

    it('go with their thread', async () => {
      await on.parts.keep(writer, 'call', [textPart('said'), bytesPart(Buffer.alloc(10))], PLENTY);
      expect(await on.countRows(writer.threadId)).toBe(4);
      await on.removeThread(ada, writer.threadId);
      expect(await on.countRows(writer.threadId)).toBe(0);
    });
  });
}
