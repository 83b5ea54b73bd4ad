import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Caller, type Person } from '../../kernel/index.js';
import {
  SERVER_AUTHORIZATION,
  type AuthorizationAnswer,
  type ServerAuthorization,
} from '../ports/server-authorization.js';
import { TOOL_SERVERS, type ToolServers } from '../ports/tool-servers.js';
import { McpServers } from './mcp-servers.js';

/** How long the server is asked what it wants, in milliseconds. */
const ASK_MS = 5_000;

/** People let this server act for them at an MCP server: they log in where that one says, and come back. */
@Injectable()
export class LogInToServer {
  constructor(
    private readonly servers: McpServers,
    @Inject(SERVER_AUTHORIZATION) private readonly authorization: ServerAuthorization,
    @Inject(TOOL_SERVERS) private readonly reached: ToolServers,
  ) {}

  /** The address at which the caller logs in. Throws `NOT_FOUND`, and in words what is in the way. */
  async begin(caller: Caller, name: string, redirectUri: string | undefined): Promise<string> {
    const target = await this.servers.find(caller, name);
    if (target.endpoint.transport !== 'http')
      throw new AppError(
        'VALIDATION_FAILED',
        'A program takes no login of users: its operator has set it up.',
      );
    if (redirectUri === undefined)
      throw new AppError(
        'STATE_CONFLICT',
        'Nobody could come back from the login: the operator of this server has not set PUBLIC_URL.',
      );
    // It says what it wants when it is asked for something.
    await this.reached.state(caller, target, ASK_MS);
    return this.authorization.begin(caller, target, redirectUri);
  }

  /** A browser has come back: comes to whose login it was, and throws in words why nothing came of it. */
  async finish(
    state: string | undefined,
    answer: AuthorizationAnswer,
  ): Promise<{ readonly person: Person; readonly server: string }> {
    const login = state === undefined ? undefined : await this.authorization.take(state);
    if (login === undefined)
      throw new AppError('NOT_FOUND', 'This login is not known here, or its time is over. Begin it again.');
    const { person, server } = login;
    await this.authorization.redeem(login, await this.servers.find(person, server), answer);
    this.reached.forget({ name: server }, person);
    return { person, server };
  }
}
