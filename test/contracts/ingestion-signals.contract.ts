import type { IngestionSignals } from '../../src/rag/ports/ingestion-signals.js';
import { newReader, type Rag } from '../support/rag.js';
import { until } from '../support/until.js';

export interface IngestionSignalsUnderTest extends Pick<Rag, 'store' | 'post' | 'takeIn'> {
  /** Starts to listen, as a process that has just been started. */
  listen(): IngestionSignals;
  /** Cuts what carries the signals, for a moment. */
  cut(): Promise<void>;
}

/** Holds an implementation to every promise of {@link IngestionSignals}; nobody else puts documents in. */
export function describeIngestionSignals(name: string, setUp: () => IngestionSignalsUnderTest): void {
  describe(`the signals of documents by ${name}`, () => {
    let subject: IngestionSignalsUnderTest;
    beforeEach(() => {
      subject = setUp();
    });

    it('wake every process for a document that is put in, and for one that is removed', async () => {
      let [one, other] = [0, 0];
      await subject.listen().onWork(() => (one += 1));
      await subject.listen().onWork(() => (other += 1));
      const caller = newReader();
      const { id } = await subject.post(caller, 'Words.');
      await until(() => one > 0 && other > 0);
      [one, other] = [0, 0];
      await subject.store.remove(caller, id);
      await until(() => one > 0 && other > 0);
    });

    it('say which document has been taken in', async () => {
      const ended: (string | undefined)[] = [];
      await subject.listen().onEnded((documentId) => void ended.push(documentId));
      const caller = newReader();
      const { id } = await subject.post(caller, 'Words.');
      expect(ended).toEqual([]);
      await subject.takeIn(caller, id);
      await until(() => ended.includes(id));
    });

    it('wake for anything when some may have been lost', async () => {
      let woken = 0;
      const ended: (string | undefined)[] = [];
      const signals = subject.listen();
      await signals.onWork(() => (woken += 1));
      await signals.onEnded((documentId) => void ended.push(documentId));
      await subject.cut();
      await until(() => woken > 0 && ended.includes(undefined));
    });
  });
}
