import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ChatModule } from '../chat/index.js';
import { LlmModule } from '../llm/index.js';
import { CONFIG, type Config } from '../platform/config/index.js';
import { formatErrorsAt, formatErrorsBelow } from '../platform/http/index.js';
import { RagModule } from '../rag/index.js';
import { StreamModule } from '../stream/index.js';
import { ToolModule } from '../tool/index.js';
import { AgentChatController } from './agent-chat/agent-chat.controller.js';
import { AnswerAgentChat } from './agent-chat/answer-agent-chat.js';
import { AnswerInThread } from './answer-in-thread.js';
import { ChatController } from './chat.controller.js';
import { AskTool } from './mcp/ask-tool.js';
import { issuersOf } from './mcp/issuers.js';
import { ReadableResources } from './mcp/readable-resources.js';
import { ReadingTools } from './mcp/reading-tools.js';
import { MCP_FEATURES, type McpFeature } from './mcp/mcp-feature.js';
import { mcpErrorAnswer } from './mcp/mcp-error.js';
import { McpController } from './mcp/mcp.controller.js';
import { ProtectedResourceController } from './mcp/protected-resource.controller.js';
import { ServeMcp } from './mcp/serve-mcp.js';
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
  imports: [ChatModule, LlmModule, RagModule, StreamModule, ToolModule],
  controllers: [
    ChatController,
    AgentChatController,
    PostThenFollowController,
    NamedEventsController,
    CompletionsController,
    EmbeddingsController,
    ModelsController,
    McpController,
    ProtectedResourceController,
  ],
  providers: [
    AnswerAgentChat,
    AnswerInThread,
    AnswerOneShot,
    AskTool,
    CompleteChat,
    FollowMessage,
    ReadableResources,
    ReadingTools,
    MakeEmbeddings,
    OfferedModels,
    ServeMcp,
    StartMessage,
    StreamConversation,
    StreamingModel,
    TurnUpdates,
    WireStreams,
    {
      provide: MCP_FEATURES,
      inject: [AskTool, ReadingTools, ReadableResources],
      useFactory: (...features: McpFeature[]): readonly McpFeature[] => features,
    },
  ],
})
export class DialectModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    formatErrorsBelow(httpAdapter, '/v1', openAiErrorAnswer);
    const hasIssuer = issuersOf(this.config).length > 0;
    formatErrorsAt(httpAdapter, '/mcp', (error, origin) =>
      mcpErrorAnswer(error, hasIssuer ? origin : undefined),
    );
  }
}
