import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiDefaultResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import { CurrentUser } from '../../platform/auth/index.js';
import type { Reply } from '../exchange.js';
import { openAiErrorSchema } from './response-schemas.js';
import { embeddingResponse, embeddingBody, type EmbeddingBody } from './embedding-schemas.js';
import { MakeEmbeddings } from './make-embeddings.js';

@ApiTags('openai')
@ApiDefaultResponse({ standardSchema: openAiErrorSchema })
@Controller('v1/embeddings')
export class EmbeddingsController {
  constructor(private readonly makeEmbeddings: MakeEmbeddings) {}

  @Post()
  @ApiOperation({ summary: 'Turn texts into vectors, in OpenAI’s words', operationId: 'createEmbedding' })
  @ApiOkResponse({ standardSchema: embeddingResponse })
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: embeddingBody }) body: EmbeddingBody,
    @Res() reply: Reply,
  ): Promise<void> {
    return this.makeEmbeddings.make({ caller, reply }, body);
  }
}
