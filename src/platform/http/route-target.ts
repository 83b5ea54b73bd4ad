import type { ExecutionContext, Type } from '@nestjs/common';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { EdgeReply, EdgeRequest } from './edge-request.js';

type Handler = (...given: unknown[]) => unknown;

/** The handler of a route: its decorators define who may call it. */
export interface RouteTarget {
  readonly controller: Type;
  readonly handler: Handler;
}

/** Adds its {@link RouteTarget} to every route of the application's controllers, for hooks of the server. */
export function markRoutes(modules: ModulesContainer): void {
  const scanner = new MetadataScanner();
  for (const { controllers } of modules.values()) {
    for (const { metatype } of controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, Handler>;
      for (const name of scanner.getAllMethodNames(prototype)) mark(metatype as Type, prototype[name]!);
    }
  }
}

/** The target of a controller's route; routes that were registered with the server directly have none. */
export function targetOf(routeConfig: unknown): RouteTarget | undefined {
  return (routeConfig as { readonly target?: RouteTarget } | undefined)?.target;
}

function mark(controller: Type, handler: Handler): void {
  const present = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as object | undefined;
  RouteConfig({ ...present, target: { controller, handler } satisfies RouteTarget })(handler);
}

/** The execution context of guards before the framework handles the request: equal to the later one. */
export class RouteContext {
  constructor(
    private readonly request: EdgeRequest,
    private readonly reply: EdgeReply,
    private readonly target: RouteTarget,
  ) {}

  /** Lacks the members of other transports, which no guard here uses. */
  asExecutionContext(): ExecutionContext {
    return this as unknown as ExecutionContext;
  }

  getType(): string {
    return 'http';
  }

  getClass(): Type {
    return this.target.controller;
  }

  getHandler(): Handler {
    return this.target.handler;
  }

  switchToHttp(): this {
    return this;
  }

  getRequest(): EdgeRequest {
    return this.request;
  }

  getResponse(): EdgeReply {
    return this.reply;
  }
}
