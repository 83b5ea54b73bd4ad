import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AppError, type Role } from '../../kernel/index.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { PUBLIC_ROUTE, ROUTE_ROLES, TICKET_PARAMETER } from './decorators.js';
import { JwtStrategy } from './jwt.strategy.js';
import { PostgresStreamTickets } from './postgres-stream-tickets.js';

/** Lets nobody through without a caller: every route needs a token but those marked `@Public()`. */
@Injectable()
export class AccessGuard extends AuthGuard() {
  constructor(
    // Passport's registry belongs to the process: the strategy itself is handed over, so that it is this application's.
    strategy: JwtStrategy,
    private readonly reflector: Reflector,
    private readonly tickets: PostgresStreamTickets,
  ) {
    super({ defaultStrategy: strategy });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.metadata<boolean>(context, PUBLIC_ROUTE)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const ticket = ticketOf(request);
    const parameter = this.metadata<string>(context, TICKET_PARAMETER);
    if (ticket !== undefined && parameter !== undefined) await this.redeem(request, ticket, parameter);
    else await super.canActivate(context);
    this.checkRoles(request, this.metadata<readonly Role[]>(context, ROUTE_ROLES));
    return true;
  }

  private async redeem(request: AuthenticatedRequest, ticket: string, parameter: string): Promise<void> {
    const caller = await this.tickets.redeem(ticket, textAt(request.params, parameter) ?? '');
    if (caller === undefined) {
      throw new AppError(
        'UNAUTHENTICATED',
        'The ticket is not valid: each works once, for its own thread, within thirty seconds. Ask for a new one.',
      );
    }
    request.user = caller;
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

/** The header wins: a ticket beside it is not even looked at. */
function ticketOf(request: AuthenticatedRequest): string | undefined {
  return request.headers['authorization'] === undefined ? textAt(request.query, 'ticket') : undefined;
}

function textAt(record: unknown, key: string): string | undefined {
  const value = (record as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}
