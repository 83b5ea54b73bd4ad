import { Module } from '@nestjs/common';
import { StreamModule } from '../stream/index.js';
import { WorkflowModule } from '../workflow/index.js';
import { PostgresMessageIndex } from './adapters/postgres-message-index.js';
import { PostgresMessageStore } from './adapters/postgres-message-store.js';
import { PostgresThreadStore } from './adapters/postgres-thread-store.js';
import { AnswerLoose } from './app/answer-loose.js';
import { AwaitTurn } from './app/await-turn.js';
import { ChatTurnExecutor } from './app/chat-turn-executor.js';
import { CreateThread } from './app/create-thread.js';
import { DeleteThread } from './app/delete-thread.js';
import { CurrentEvents } from './app/current-events.js';
import { FollowThread } from './app/follow-thread.js';
import { FollowTurn } from './app/follow-turn.js';
import { IndexMessages } from './app/index-messages.js';
import { ListMessages } from './app/list-messages.js';
import { ListThreads } from './app/list-threads.js';
import { PostMessage } from './app/post-message.js';
import { Resume } from './app/resume.js';
import { MessagesController } from './http/messages.controller.js';
import { SelftestController } from './http/selftest.controller.js';
import { StreamsController } from './http/streams.controller.js';
import { ThreadStreams } from './http/thread-streams.js';
import { ThreadsController } from './http/threads.controller.js';
import { TurnsController } from './http/turns.controller.js';
import { MESSAGE_INDEX } from './ports/message-index.js';
import { MESSAGE_STORE } from './ports/message-store.js';
import { THREAD_STORE } from './ports/thread-store.js';

/** What a turn does: the executor that the turn module runs, and the stores it reads from. */
@Module({
  imports: [WorkflowModule],
  providers: [
    { provide: THREAD_STORE, useClass: PostgresThreadStore },
    { provide: MESSAGE_STORE, useClass: PostgresMessageStore },
    { provide: MESSAGE_INDEX, useClass: PostgresMessageIndex },
    ChatTurnExecutor,
    IndexMessages,
  ],
  exports: [THREAD_STORE, MESSAGE_STORE, ChatTurnExecutor],
})
export class ChatExecutionModule {}

/** Threads and their messages, over HTTP. */
@Module({
  imports: [ChatExecutionModule, StreamModule, WorkflowModule],
  controllers: [
    ThreadsController,
    MessagesController,
    StreamsController,
    SelftestController,
    TurnsController,
  ],
  providers: [
    AnswerLoose,
    AwaitTurn,
    CreateThread,
    CurrentEvents,
    ListMessages,
    ListThreads,
    DeleteThread,
    FollowThread,
    FollowTurn,
    PostMessage,
    Resume,
    ThreadStreams,
  ],
  exports: [AnswerLoose, AwaitTurn, ChatExecutionModule, CreateThread, DeleteThread, FollowTurn, PostMessage],
})
export class ChatModule {}
