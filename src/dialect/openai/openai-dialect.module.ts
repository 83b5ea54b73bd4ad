import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { LlmModule } from '../../llm/index.js';
import { wordErrorsBelow } from '../../platform/http/index.js';
import { StreamModule } from '../../stream/index.js';
import { CompleteChat } from './complete-chat.js';
import { CompletionsController } from './completions.controller.js';
import { EmbeddingsController } from './embeddings.controller.js';
import { MakeEmbeddings } from './make-embeddings.js';
import { ModelsController } from './models.controller.js';
import { OfferedModels } from './offered-models.js';
import { openAiErrorAnswer } from './openai-error.js';

/** OpenAI's API below `/v1`. */
@Module({
  imports: [LlmModule, StreamModule],
  controllers: [CompletionsController, EmbeddingsController, ModelsController],
  providers: [CompleteChat, MakeEmbeddings, OfferedModels],
})
export class OpenAiDialectModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    wordErrorsBelow(this.host.httpAdapter, '/v1', openAiErrorAnswer);
  }
}
