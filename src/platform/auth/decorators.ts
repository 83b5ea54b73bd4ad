import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiQuery } from '@nestjs/swagger';
import { AppError, type Caller, type Role } from '../../kernel/index.js';

export const PUBLIC_ROUTE = 'threadline:public';
export const ROUTE_ROLES = 'threadline:roles';
export const TICKET_PARAMETER = 'threadline:ticket-parameter';

/** Marks operations of the OpenAPI document that need no token; removed when the document is finished. */
export const PUBLIC_OPERATION = 'x-public';

/** A route, or a whole controller, that needs no token. */
export const Public = () =>
  applyDecorators(SetMetadata(PUBLIC_ROUTE, true), ApiExtension(PUBLIC_OPERATION, true));

/** Whether a route, identified by its handler and controller, needs no token. */
export function isPublic({
  handler,
  controller,
}: {
  readonly handler: object;
  readonly controller: object;
}): boolean {
  return [handler, controller].some((place) => Reflect.getMetadata(PUBLIC_ROUTE, place) === true);
}

/** Restricts a route to callers with one of the roles; others get `FORBIDDEN`. */
export const Roles = (...roles: readonly Role[]) => SetMetadata(ROUTE_ROLES, roles);

/**
 * Makes a route accept `?ticket=` in place of an Authorization header, for clients that cannot send one. The ticket
 * must have been issued for the thread in the route parameter.
 */
export const AllowTicket = (parameter = 'id') =>
  applyDecorators(
    SetMetadata(TICKET_PARAMETER, parameter),
    ApiQuery({
      name: 'ticket',
      type: String,
      required: false,
      description:
        'A ticket, in place of the bearer token: it opens one stream at a time, and again with `Last-Event-ID`.',
    }),
  );

/** The fields of a request that the guards read, and the caller that they set. */
export interface AuthenticatedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: unknown;
  readonly params: unknown;
  user?: Caller;
}

/** The authenticated {@link Caller} of the request. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (user === undefined) throw new AppError('UNAUTHENTICATED', 'This needs a caller: send a bearer token.');
  return user;
});
