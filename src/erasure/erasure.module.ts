import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/index.js';
import { ThreadModule } from '../thread/index.js';
import { PostgresUserTraces } from './adapters/postgres-user-traces.js';
import { EraseUser } from './app/erase-user.js';
import { ErasureController } from './http/erasure.controller.js';
import { USER_TRACES } from './ports/user-traces.js';

/** Erasing what is kept of a user. Needs the global Database. */
@Module({
  imports: [ChatModule, ThreadModule],
  controllers: [ErasureController],
  providers: [EraseUser, { provide: USER_TRACES, useClass: PostgresUserTraces }],
})
export class ErasureModule {}
