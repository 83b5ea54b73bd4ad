import { newId, type Caller } from '../../src/kernel/index.js';
import type { Personal, PersonalContext } from '../../src/workflow/index.js';
import { newUser } from '../support/callers.js';

export interface PersonalContextUnderTest {
  readonly context: PersonalContext;
  /** Has the caller say this of themselves; the memories in the order of the list, the newest first. */
  say(caller: Caller, personal: Personal): Promise<void>;
}

const ADA: Personal = {
  ...{ name: 'Ada', language: 'German', tone: null, about: 'I sail.' },
  memories: ['Has a cat.', 'Likes tea.'],
};

/** Holds an implementation to every promise of {@link PersonalContext}. */
export function describePersonalContext(name: string, setUp: () => PersonalContextUnderTest): void {
  describe(`what users have said of themselves in ${name}`, () => {
    it('is what the person has said', async () => {
      const [subject, ada] = [setUp(), newUser()];
      await subject.say(ada, ADA);
      expect(await subject.context.of({ id: ada.id, org: ada.org })).toEqual(ADA);
    });

    it('is nothing of anybody else', async () => {
      const [subject, ada] = [setUp(), newUser()];
      await subject.say(ada, ADA);
      const nothing = { name: null, language: null, tone: null, about: null, memories: [] };
      for (const other of [newUser(), { ...newUser(), org: ada.org }, { ...ada, org: newId() }])
        expect(await subject.context.of(other)).toEqual(nothing);
    });
  });
}
