import { Injectable, NotFoundException, type CanActivate, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppError } from '../../kernel/index.js';
import { AccessGuard } from '../auth/index.js';
import { checkQuery } from './address.js';
import { BodiesInFlight } from './bodies-in-flight.js';
import type { EdgeReply, EdgeRequest } from './edge-request.js';
import { AddressRateLimitGuard, UserRateLimitGuard } from './rate-limit.guard.js';
import { announcedLength, bodyTooLarge, checkEncoding, isMultipart } from './request-body.js';
import { acceptsFiles } from './route-options.js';
import { markRoutes, RouteContext, targetOf, type RouteTarget } from './route-target.js';

/** The target of routes without a controller, such as the OpenAPI document: public, and counted by address. */
const OPEN: RouteTarget = { controller: class {}, handler: () => undefined };

/**
 * Decides about a request before any of its body is read: counts its address, checks its token, counts its user, and
 * last reserves room for its body.
 */
@Injectable()
export class Admission implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly addressLimit: AddressRateLimitGuard,
    private readonly access: AccessGuard,
    private readonly userLimit: UserRateLimitGuard,
    private readonly bodies: BodiesInFlight,
    modules: ModulesContainer,
  ) {
    // All controllers are known by now, and none of their routes has been created.
    markRoutes(modules);
  }

  /** A process without HTTP has no requests to admit. */
  onModuleInit(): void {
    this.host.httpAdapter?.getInstance?.().addHook('onRequest', (request, reply, done) => {
      this.admit(request as unknown as EdgeRequest, reply).then(() => done(), done);
    });
  }

  private async admit(request: EdgeRequest, reply: EdgeReply): Promise<void> {
    const target = targetOf(request.routeOptions.config);
    const context = new RouteContext(request, reply, target ?? OPEN).asExecutionContext();
    await this.addressLimit.canActivate(context);
    if (request.is404) throw new NotFoundException();
    checkQuery(request.url);
    if (target !== undefined) {
      await this.access.canActivate(context);
      await this.userLimit.canActivate(context);
    }
    const length = announcedLength(request.headers);
    if (length !== 0) await this.admitBody(request, reply, length);
    request.isAdmitted = true;
  }

  private async admitBody(request: EdgeRequest, reply: EdgeReply, length: number | undefined): Promise<void> {
    const { headers, raw, user, routeOptions } = request;
    checkEncoding(headers);
    if (isMultipart(headers) && !acceptsFiles(routeOptions.config))
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'No files are taken here. Send application/json.');
    const limit = routeOptions.bodyLimit ?? 0;
    if (length !== undefined && length > limit) throw bodyTooLarge(limit);
    const holder = user === undefined ? `\n${raw.socket.remoteAddress}` : `${user.org}\n${user.id}`;
    const place = await this.bodies.acquire(holder, length ?? limit, raw);
    request.bodyPlace = place;
    if (reply.raw.closed) place.release();
    else reply.raw.once('close', () => place.release());
    if (headers.expect !== undefined) reply.raw.writeContinue();
  }
}

/** Rejects every request that has not passed {@link Admission}: it would have no caller. */
@Injectable()
export class AdmittedGuard implements CanActivate {
  canActivate(context: { switchToHttp(): { getRequest(): unknown } }): boolean {
    if ((context.switchToHttp().getRequest() as EdgeRequest).isAdmitted === true) return true;
    throw new Error('a request was not admitted');
  }
}
