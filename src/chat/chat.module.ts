import { Module } from '@nestjs/common';
import { StreamModule } from '../stream/index.js';
import { ThreadModule } from '../thread/index.js';
import { WorkflowModule } from '../workflow/index.js';
import { PostgresUserSignals } from './adapters/postgres-user-signals.js';
import { AnswerClient } from './app/answer-client.js';
import { AnswerStateless } from './app/answer-stateless.js';
import { AwaitTurn } from './app/await-turn.js';
import { ChatTurnExecutor } from './app/chat-turn-executor.js';
import { ContinueRun } from './app/continue-run.js';
import { CreateThread } from './app/create-thread.js';
import { DeleteThread } from './app/delete-thread.js';
import { RedactEvents } from './app/redact-events.js';
import { FindLastReset } from './app/find-last-reset.js';
import { GetOrCreateThread } from './app/get-or-create-thread.js';
import { FindTurnOfMessage } from './app/find-turn-of-message.js';
import { FindWaitingTurn } from './app/find-waiting-turn.js';
import { FollowThread } from './app/follow-thread.js';
import { FollowTurn } from './app/follow-turn.js';
import { FollowUser } from './app/follow-user.js';
import { ListMessages } from './app/list-messages.js';
import { MoveHead } from './app/move-head.js';
import { PostMessage } from './app/post-message.js';
import { ReadBranch } from './app/read-branch.js';
import { Resume } from './app/resume.js';
import { StartDetached } from './app/start-detached.js';
import { StartOnce } from './app/start-once.js';
import { StartThread } from './app/start-thread.js';
import { Downloads } from './http/downloads.js';
import { ExportsController } from './http/exports.controller.js';
import { InputsController } from './http/inputs.controller.js';
import { MessagesController } from './http/messages.controller.js';
import { PartsController } from './http/parts.controller.js';
import { SelftestController } from './http/selftest.controller.js';
import { StreamsController } from './http/streams.controller.js';
import { ThreadStreams } from './http/thread-streams.js';
import { ThreadsController } from './http/threads.controller.js';
import { TurnsController } from './http/turns.controller.js';
import { UserEventsController } from './http/user-events.controller.js';
import { WorkflowRunsController } from './http/workflow-runs.controller.js';
import { USER_SIGNALS } from './ports/user-signals.js';

/** The executor that the turn module runs. */
@Module({
  imports: [ThreadModule, WorkflowModule],
  providers: [ChatTurnExecutor],
  exports: [ThreadModule, ChatTurnExecutor],
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
    InputsController,
    ExportsController,
    PartsController,
    UserEventsController,
    WorkflowRunsController,
  ],
  providers: [
    AnswerClient,
    AnswerStateless,
    AwaitTurn,
    ContinueRun,
    CreateThread,
    RedactEvents,
    ListMessages,
    MoveHead,
    DeleteThread,
    Downloads,
    FindLastReset,
    GetOrCreateThread,
    FindTurnOfMessage,
    FindWaitingTurn,
    FollowThread,
    FollowTurn,
    FollowUser,
    PostMessage,
    ReadBranch,
    Resume,
    StartDetached,
    StartOnce,
    StartThread,
    ThreadStreams,
    { provide: USER_SIGNALS, useClass: PostgresUserSignals },
  ],
  exports: [
    AnswerClient,
    AnswerStateless,
    AwaitTurn,
    ChatExecutionModule,
    CreateThread,
    DeleteThread,
    FindLastReset,
    GetOrCreateThread,
    FindTurnOfMessage,
    FindWaitingTurn,
    FollowTurn,
    FollowUser,
    ListMessages,
    PostMessage,
    StartOnce,
    StartThread,
  ],
})
export class ChatModule {}
