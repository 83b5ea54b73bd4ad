import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { ServerResponse } from 'node:http';
import { AppError, type Caller, type Role } from '../../kernel/index.js';
import { PUBLIC_ROUTE, ROUTE_ROLES, TICKET_PARAMETER, type AuthenticatedRequest } from './decorators.js';
import { JwtStrategy } from './jwt.strategy.js';
import { StreamTickets } from './stream-tickets.js';

/** Rejects requests without a caller: every route needs a token unless it is marked `@Public()`. */
@Injectable()
export class AccessGuard extends AuthGuard() {
  constructor(
    // Passport's registry is global to the process, so the strategy is passed in directly: it must be this
    // application's.
    strategy: JwtStrategy,
    private readonly reflector: Reflector,
    private readonly tickets: StreamTickets,
  ) {
    super({ defaultStrategy: strategy });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.metadata<boolean>(context, PUBLIC_ROUTE)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const ticket = ticketOf(request);
    const parameter = this.metadata<string>(context, TICKET_PARAMETER);
    if (ticket !== undefined && parameter !== undefined) {
      const threadId = textAt(request.params, parameter) ?? '';
      const { raw } = context.switchToHttp().getResponse<{ readonly raw: ServerResponse }>();
      request.user = await this.callerWith({ ticket, threadId }, request, raw);
    } else await super.canActivate(context);
    this.checkRoles(request, this.metadata<readonly Role[]>(context, ROUTE_ROLES));
    return true;
  }

  /** The caller of the ticket. The ticket is in use while the response is open; a `HEAD` request does not use it. */
  private async callerWith(
    shown: { readonly ticket: string; readonly threadId: string },
    request: AuthenticatedRequest,
    response: ServerResponse,
  ): Promise<Caller> {
    const { method, headers, query } = request;
    const userAgent = textAt(headers, 'user-agent');
    const isReconnection =
      (textAt(headers, 'last-event-id') ?? '') !== '' || textAt(query, 'after') !== undefined;
    const opened =
      method === 'HEAD' ? undefined : await this.tickets.redeem({ ...shown, userAgent, isReconnection });
    if (opened !== undefined) whenClosed(response, opened.release);
    const caller = method === 'HEAD' ? await this.tickets.peek(shown) : opened?.caller;
    if (caller !== undefined) return caller;
    throw new AppError(
      'UNAUTHENTICATED',
      'The ticket is not valid: it opens one stream of its own thread, within thirty seconds, and again with Last-Event-ID ' +
        'once that is closed, while the token it came from lives. Ask for a new one.',
    );
  }

  private checkRoles(request: AuthenticatedRequest, roles: readonly Role[] | undefined): void {
    if (roles === undefined || roles.some((role) => request.user?.roles.includes(role))) return;
    throw new AppError('FORBIDDEN', `This is for callers with the role ${roles.join(' or ')}.`);
  }

  private metadata<Value>(context: ExecutionContext, key: string): Value | undefined {
    return this.reflector.getAllAndOverride<Value | undefined>(key, [
      context.getHandler(),
      context.getClass(),
    ]);
  }
}

/** The header takes precedence: a ticket beside it is ignored. */
function ticketOf(request: AuthenticatedRequest): string | undefined {
  return request.headers['authorization'] === undefined ? textAt(request.query, 'ticket') : undefined;
}

function textAt(record: unknown, key: string): string | undefined {
  const value = (record as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}

function whenClosed(response: ServerResponse, callback: () => void): void {
  if (response.closed) callback();
  else response.once('close', callback);
}
