import { Controller, Get, Header, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError, ERROR_CATALOGUE, type Caller } from '../../kernel/index.js';
import { CurrentUser, Public } from '../../platform/auth/index.js';
import { CONFIG, isThisMachine, type Config } from '../../platform/config/index.js';
import { LogInToServer } from '../app/log-in-to-server.js';
import { clientDocument, CLIENT_METADATA_PATH, OAUTH_CALLBACK_PATH } from '../core/client-metadata.js';
import { donePage, failedPage } from './login-page.js';
import * as schemas from './mcp-schemas.js';

interface Request {
  readonly method: string;
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
}

/** As much of Fastify's reply as is used here. */
interface Reply {
  code(status: number): this;
  type(mediaType: string): this;
  header(name: string, value: string): this;
  send(body: string): unknown;
}

/** Nothing of the page is loaded from anywhere. */
const PAGE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

@ApiTags('mcp')
@Controller()
export class McpLoginsController {
  constructor(
    private readonly logIn: LogInToServer,
    @Inject(CONFIG) private readonly config: Pick<Config, 'PUBLIC_URL'>,
  ) {}

  @Post('mcp/servers/:name/authorize')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Log in to an MCP server',
    operationId: 'authorizeMcpServer',
    description:
      'For a server that is `needs_authorization`, or that asks for more than it was given. Open `url` in a browser within ten minutes; it comes back to this server, and says there how it went.',
  })
  @ApiOkResponse({ standardSchema: schemas.loginResponse })
  async authorize(
    @CurrentUser() caller: Caller,
    @Param('name') name: string,
    @Req() { protocol, host, hostname }: Request,
  ): Promise<{ readonly url: string }> {
    const own = isThisMachine(hostname) ? `${protocol}://${host}` : undefined;
    const base = this.config.PUBLIC_URL ?? own;
    const redirectUri = base === undefined ? undefined : base + OAUTH_CALLBACK_PATH;
    return { url: await this.logIn.begin(caller, name, redirectUri) };
  }

  @Public()
  @Get(OAUTH_CALLBACK_PATH)
  @ApiOperation({
    summary: 'Come back from a login, in a browser',
    operationId: 'finishMcpLogin',
    description:
      'The authorization server sends browsers here. Each login is finished once, with a page in words.',
  })
  @ApiOkResponse({ description: 'A page that says how it went', content: { 'text/html': {} } })
  async callback(
    @Query({ schema: schemas.callbackQuery }) { state, ...answer }: schemas.CallbackQuery,
    @Req() { method }: Request,
    @Res() reply: Reply,
  ): Promise<void> {
    const send = (status: number, page: string) =>
      void reply
        .code(status)
        .type('text/html; charset=utf-8')
        .header('content-security-policy', PAGE_POLICY)
        .header('referrer-policy', 'no-referrer')
        .send(page);
    // Whoever only looks whether it is there does not use it up.
    if (method === 'HEAD') return send(200, '');
    try {
      const { person, server } = await this.logIn.finish(state, answer);
      send(200, donePage(server, person.id));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      send(ERROR_CATALOGUE[error.code].status, failedPage(error.message));
    }
  }

  @Public()
  @Get(CLIENT_METADATA_PATH)
  @Header('cache-control', 'public, max-age=3600')
  @ApiOperation({
    summary: 'Say who this server is, to authorization servers',
    operationId: 'getClientMetadata',
    description:
      'The address of this document is the id of this server as a client. There where `PUBLIC_URL` is set.',
  })
  @ApiOkResponse({ standardSchema: schemas.clientDocumentResponse })
  document() {
    const { PUBLIC_URL } = this.config;
    if (PUBLIC_URL?.startsWith('https:') === true) return clientDocument(PUBLIC_URL);
    throw new AppError('NOT_FOUND', 'This server has no public address by which it could be known.');
  }
}
