import { newId } from '../../kernel/index.js';
import { encodeCursor } from '../../platform/http/index.js';
import type { MessagePosition } from '../../thread/index.js';
import { messagePosition, messagesPage } from './present.js';

const cursorOf = (branch: string | undefined, next: MessagePosition = { position: 7 }, shown = 0) =>
  messagesPage({ messages: [], branch: shown, next }, branch).nextCursor!;

describe('the cursor of a page of messages', () => {
  const [branch, other] = [newId(), newId()];

  it.each([
    ['the shown branch', undefined],
    ['a branch', branch],
  ])('leads on in %s', (_, of) => {
    for (const next of [{ position: 7 }, { position: 7, part: 2 }])
      expect(messagePosition(cursorOf(of, next), of)).toEqual({
        ...{ part: undefined, ...next },
        ...(of === undefined && { shown: 0 }),
      });
  });

  it('says which branch the thread showed, and a named one is what it is', () => {
    expect(messagePosition(cursorOf(undefined, { position: 7, part: 2 }, 3), undefined)).toEqual({
      ...{ position: 7, part: 2, shown: 3 },
    });
    expect(messagePosition(cursorOf(branch, undefined, 3), branch)).not.toHaveProperty('shown');
    expect(() => messagePosition(cursorOf(undefined, undefined, 3), branch)).toThrow('another branch');
  });

  it('means the same turn however its id is written', () => {
    expect(messagePosition(cursorOf(branch), branch.toUpperCase())).toMatchObject({ position: 7 });
  });

  it.each([
    ['a branch', 'another', branch, other],
    ['a branch', 'the shown one', branch, undefined],
    ['the shown branch', 'another', undefined, branch],
  ])('of %s is refused for %s', (_, __, of, at) => {
    expect(() => messagePosition(cursorOf(of), at)).toThrow(
      expect.objectContaining({ code: 'INVALID_CURSOR' }),
    );
  });

  it.each([[[7]], [[7, 2]]])('of a former release is one of the shown branch: %j', (keyset) => {
    expect(messagePosition(encodeCursor(keyset), undefined)).toEqual({
      position: 7,
      part: keyset[1],
      shown: 0,
    });
  });
});
