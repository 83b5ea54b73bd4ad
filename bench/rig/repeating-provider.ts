import { startRepeatingProvider } from '../../test/doubles/repeating-provider.ts';
import { answerParent } from './worker.ts';

/* The double of the tests, as a process of its own. */

const handlers = {
  async listen(): Promise<number> {
    return Number(new URL((await startRepeatingProvider()).url).port);
  },
};
export type RepeatingProvider = typeof handlers;

answerParent(handlers);
