import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/index.js';
import { AuthModule } from '../platform/auth/index.js';
import { ProfileModule } from '../profile/index.js';
import { RagModule } from '../rag/index.js';
import { ThreadModule } from '../thread/index.js';
import { ToolModule } from '../tool/index.js';
import { UsageModule } from '../usage/index.js';
import { WebhookModule } from '../webhook/index.js';
import { EraseUser } from './app/erase-user.js';
import { ErasureController } from './http/erasure.controller.js';

/** Erases what is stored about a user. */
@Module({
  imports: [
    AuthModule,
    ChatModule,
    ProfileModule,
    RagModule,
    ThreadModule,
    ToolModule,
    UsageModule,
    WebhookModule,
  ],
  controllers: [ErasureController],
  providers: [EraseUser],
})
export class ErasureModule {}
