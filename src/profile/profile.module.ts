import { Module } from '@nestjs/common';
import { PostgresProfileStore } from './adapters/postgres-profile-store.js';
import { Memories } from './app/memories.js';
import { ProfileController } from './http/profile.controller.js';
import { PROFILE_STORE } from './ports/profile-store.js';

/** What users say of themselves, and what is to be remembered of them. */
@Module({
  controllers: [ProfileController],
  providers: [{ provide: PROFILE_STORE, useClass: PostgresProfileStore }, Memories],
  exports: [PROFILE_STORE],
})
export class ProfileModule {}
