import { Body, Controller, Delete, Get, HttpCode, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../kernel/index.js';
import type { z } from 'zod';
import { CurrentUser } from '../../platform/auth/index.js';
import { IdParam, pageQuery, AcceptsFiles } from '../../platform/http/index.js';
import { AddDocument, type DocumentInput } from '../app/add-document.js';
import { DeleteDocument } from '../app/delete-document.js';
import { GetDocument } from '../app/get-document.js';
import { ListDocuments } from '../app/list-documents.js';
import { SearchDocuments } from '../app/search-documents.js';
import { DocumentBody } from './document-body.decorator.js';
import { encodePage, idFrom } from './document-page.js';
import { documentRequestBody } from './openapi.js';
import * as schemas from './schemas.js';

/** Documents for retrieval, and the search over them. */
@ApiTags('rag')
@Controller('rag')
export class RagController {
  constructor(
    private readonly addDocument: AddDocument,
    private readonly listDocuments: ListDocuments,
    private readonly getDocument: GetDocument,
    private readonly deleteDocument: DeleteDocument,
    private readonly searchDocuments: SearchDocuments,
  ) {}

  @ApiOperation({
    summary: 'Put a document in, as JSON or as a file',
    operationId: 'addDocument',
    description:
      'It is kept when the answer comes, and taken in behind it: read it until its status is ready, or failed, which has ' +
      'an error. A short one is waited for a moment, and is ready most often. Where as much is kept as may be the answer ' +
      'is STATE_CONFLICT, and a 503 with Retry-After where too many wait.',
    requestBody: documentRequestBody(),
  })
  @ApiAcceptedResponse({ standardSchema: schemas.documentResponse })
  @AcceptsFiles()
  @HttpCode(202)
  @Post('documents')
  async add(@CurrentUser() caller: Caller, @DocumentBody() input: DocumentInput) {
    return { document: await this.addDocument.add(caller, input) };
  }

  @ApiOperation({ summary: 'List the documents you may read, newest first', operationId: 'listDocuments' })
  @ApiOkResponse({ standardSchema: schemas.documentsResponse })
  @Get('documents')
  async list(@CurrentUser() caller: Caller, @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>) {
    return encodePage(await this.listDocuments.list(caller, query.limit, idFrom(query.cursor)));
  }

  @ApiOperation({ summary: 'Read a document', operationId: 'getDocument' })
  @ApiOkResponse({ standardSchema: schemas.documentResponse })
  @Get('documents/:id')
  async get(@CurrentUser() caller: Caller, @IdParam() id: string) {
    return { document: await this.getDocument.get(caller, id) };
  }

  @ApiOperation({
    summary: 'Delete a document of your own, or as an admin any that you may read',
    operationId: 'deleteDocument',
  })
  @ApiNoContentResponse()
  @HttpCode(204)
  @Delete('documents/:id')
  delete(@CurrentUser() caller: Caller, @IdParam() id: string): Promise<void> {
    return this.deleteDocument.delete(caller, id);
  }

  @ApiOperation({
    summary: 'Search the passages of the documents you may read, best first',
    operationId: 'searchDocuments',
    description:
      'Ranked by words (BM25); of scripts without blanks between words, by pairs of letters. The mode hybrid is answered ' +
      'like lexical until this server has vectors.',
  })
  @ApiOkResponse({ standardSchema: schemas.searchResponse })
  @HttpCode(200)
  @Post('search')
  async search(
    @CurrentUser() caller: Caller,
    @Body({ schema: schemas.searchBody }) body: schemas.SearchBody,
  ) {
    return { results: await this.searchDocuments.search(caller, body) };
  }
}
