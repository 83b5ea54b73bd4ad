import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ChatModule } from '../chat/index.js';
import { LlmModule } from '../llm/index.js';
import { formatErrorsBelow } from '../platform/http/index.js';
import { StreamModule } from '../stream/index.js';
import { AgentChatController } from './agent-chat/agent-chat.controller.js';
import { AnswerAgentChat } from './agent-chat/answer-agent-chat.js';
import { AnswerInThread } from './answer-in-thread.js';
import { ChatController } from './chat.controller.js';
import { NamedEventsController } from './named-events/named-events.controller.js';
import { StreamConversation } from './named-events/stream-conversation.js';
import { AnswerOneShot } from './one-shot/answer-one-shot.js';
import { CompleteChat } from './openai/complete-chat.js';
import { CompletionsController } from './openai/completions.controller.js';
import { EmbeddingsController } from './openai/embeddings.controller.js';
import { MakeEmbeddings } from './openai/make-embeddings.js';
import { ModelsController } from './openai/models.controller.js';
import { OfferedModels } from './openai/offered-models.js';
import { openAiErrorAnswer } from './openai/openai-error.js';
import { FollowMessage } from './post-then-follow/follow-message.js';
import { PostThenFollowController } from './post-then-follow/post-then-follow.controller.js';
import { StartMessage } from './post-then-follow/start-message.js';
import { StreamingModel } from './streaming-model.js';
import { TurnUpdates } from './turn-updates.js';
import { WireStreams } from './wire-streams.js';

/** The wire formats of other systems, over the same turns, providers and limits. */
@Module({
  imports: [ChatModule, LlmModule, StreamModule],
  controllers: [
    ChatController,
    AgentChatController,
    PostThenFollowController,
    NamedEventsController,
    CompletionsController,
    EmbeddingsController,
    ModelsController,
  ],
  providers: [
    AnswerAgentChat,
    AnswerInThread,
    AnswerOneShot,
    CompleteChat,
    FollowMessage,
    MakeEmbeddings,
    OfferedModels,
    StartMessage,
    StreamConversation,
    StreamingModel,
    TurnUpdates,
    WireStreams,
  ],
})
export class DialectModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    formatErrorsBelow(this.host.httpAdapter, '/v1', openAiErrorAnswer);
  }
}
