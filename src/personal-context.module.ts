import { Global, Module } from '@nestjs/common';
import { PROFILE_STORE, ProfileModule, type ProfileStore } from './profile/index.js';
import { PERSONAL_CONTEXT, type PersonalContext } from './workflow/index.js';

/** Many short memories fit into a prompt; more than these do not. */
const MEMORIES = 100;

const NOTHING = { name: null, language: null, tone: null, about: null };

/** What workflows have of profiles, which they do not know. */
@Global()
@Module({
  imports: [ProfileModule],
  providers: [{ provide: PERSONAL_CONTEXT, inject: [PROFILE_STORE], useFactory: personalContextOf }],
  exports: [PERSONAL_CONTEXT],
})
export class PersonalContextModule {}

/** The person's profile and newest memories. */
export function personalContextOf(store: Pick<ProfileStore, 'profile' | 'memories'>): PersonalContext {
  return {
    async of(person) {
      const [profile, memories] = await Promise.all([
        store.profile(person),
        store.memories(person, MEMORIES, undefined),
      ]);
      const { name, language, tone, about } = profile ?? NOTHING;
      return { name, language, tone, about, memories: memories.map(({ content }) => content) };
    },
  };
}
