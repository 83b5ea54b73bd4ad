import { loopTurnsDuring } from '../../test/support/loop-turns.js';
import { yieldToEventLoop } from './yield.js';

describe('yielding to the event loop', () => {
  it('lets one of all that wait go on in each of its turns', async () => {
    const turns = await loopTurnsDuring(() => Promise.all(Array.from({ length: 20 }, yieldToEventLoop)));
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it('is first come, first served, also for those that come again', async () => {
    const order: string[] = [];
    const work = async (name: string) => {
      for (let slice = 1; slice <= 3; slice += 1) {
        await yieldToEventLoop();
        order.push(`${name}${slice}`);
      }
    };
    await Promise.all([work('a'), work('b')]);
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  });
});
