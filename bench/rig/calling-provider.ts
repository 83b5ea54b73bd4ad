import { startOpenAiStandIn } from '../../test/doubles/openai-stand-in.ts';
import { answerParent } from './worker.ts';

/* The double of the tests that calls the tools that it is told to, as a process of its own. */

const handlers = {
  async listen(): Promise<number> {
    return Number(new URL((await startOpenAiStandIn()).url).port);
  },
};
export type CallingProvider = typeof handlers;

answerParent(handlers);
