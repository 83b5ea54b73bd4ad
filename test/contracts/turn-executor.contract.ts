import { AppError, type StepEvent, type StepOutcome } from '../../src/kernel/index.js';
import type { TurnContext, TurnExecutor } from '../../src/turn/ports/turn-executor.js';

/** What the model behind an executor does with the next question. */
export type ModelBehaviour =
  | { readonly says: readonly string[] }
  | { readonly throws: Error }
  /** Says the first piece and then nothing until it is to stop. */
  | 'hangs';

export interface TurnExecutorUnderTest {
  readonly executor: TurnExecutor;
  behave(behaviour: ModelBehaviour): void;
  /** A turn of a new thread, as the runner has it; its step is complete when it is answered. */
  newTurn(): Promise<TurnContext>;
}

/** Holds an implementation to every promise of {@link TurnExecutor}. */
export function describeTurnExecutor(name: string, setUp: () => TurnExecutorUnderTest): void {
  describe(`the execution of a turn by ${name}`, () => {
    let subject: TurnExecutorUnderTest;
    beforeEach(() => {
      subject = setUp();
    });
    const never = new AbortController().signal;

    async function run(
      turn: TurnContext,
      signal: AbortSignal,
      heard: (event: StepEvent) => void = () => undefined,
    ) {
      return subject.executor.execute({ ...turn, epoch: 1 }, signal, (event) => {
        heard(event);
        return undefined;
      });
    }

    async function answer(turn: TurnContext): Promise<{ text: string; outcome: StepOutcome }> {
      let text = '';
      const result = await run(turn, never, (event) => {
        if (event.type === 'text') text += event.text;
        if (event.type === 'reset') text = '';
      });
      if ('waitsFor' in result) throw new Error('the turn waits');
      return { text, outcome: result };
    }

    it('says what there is to say event by event, in text that can be stored and sent as it is', async () => {
      subject.behave({ says: ['Größe ', '“é\u2028\\"” ', '😀'] });
      const { text, outcome } = await answer(await subject.newTurn());
      expect(text).toBe('Größe “é\u2028\\"” 😀');
      expect(text.isWellFormed() && !text.includes('\0')).toBe(true);
      expect(outcome.finishReason).toBe('stop');
    });

    it('stops soon after the signal aborts, by throwing its reason', async () => {
      subject.behave('hangs');
      const controller = new AbortController();
      const reason = new Error('stop now');
      const running = run(await subject.newTurn(), controller.signal, ({ type }) => {
        if (type === 'text') controller.abort(reason);
      });
      await expect(running).rejects.toBe(reason);
    });

    it('answers although the process is about to leave, since nothing is done twice by that', async () => {
      subject.behave({ says: ['The end.'] });
      const turn = {
        ...(await subject.newTurn()),
        epoch: 1,
        leaving: AbortSignal.abort(new Error('leaving')),
      };
      const result = await subject.executor.execute(turn, never, () => undefined);
      expect(result).toMatchObject({ finishReason: 'stop' });
    });

    it('does not begin when the signal has aborted', async () => {
      subject.behave({ says: ['never'] });
      const reason = new Error('stop now');
      const heard: StepEvent[] = [];
      const running = run(await subject.newTurn(), AbortSignal.abort(reason), (event) => heard.push(event));
      await expect(running).rejects.toBe(reason);
      expect(heard).toEqual([]);
    });

    it('throws an error for clients as it is', async () => {
      const error = new AppError('PROVIDER_UNAVAILABLE', 'Try again later.');
      subject.behave({ throws: error });
      await expect(answer(await subject.newTurn())).rejects.toBe(error);
    });

    it('knows a completed step’s result, and none before that', async () => {
      const turn = await subject.newTurn();
      subject.behave({ throws: new AppError('PROVIDER_ERROR', 'No.') });
      await answer(turn).catch(() => undefined);
      expect(await subject.executor.completedStep(turn, '')).toBeUndefined();
      subject.behave({ says: ['Ans', 'wer'] });
      const { outcome } = await answer(turn);
      expect(await subject.executor.completedStep(turn, 'Ans')).toMatchObject({ content: 'Answer', outcome });
    });
  });
}
