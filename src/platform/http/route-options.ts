import { RouteConfig } from '@nestjs/platform-fastify';

interface RouteOptions {
  readonly acceptsFiles?: boolean;
  /** The limit of a file in bytes; set by the server for routes that accept files. */
  readonly fileLimit?: number;
}

/**
 * Makes a route accept a file as `multipart/form-data` besides JSON, and bodies as large as a document may be.
 * Everywhere else multipart is rejected, because a foreign page's form can send it without a preflight request.
 */
export const AcceptsFiles = () => RouteConfig({ acceptsFiles: true } satisfies RouteOptions);

/** Whether the route was marked with {@link AcceptsFiles}. */
export function acceptsFiles(routeConfig: unknown): boolean {
  return (routeConfig as RouteOptions | undefined)?.acceptsFiles === true;
}

/** Adds the limit of files to a route's configuration. */
export function withFileLimit<RouteConfig extends object>(
  routeConfig: RouteConfig | undefined,
  fileLimit: number,
) {
  return { ...routeConfig, fileLimit } as RouteConfig & RouteOptions;
}

/** The limit of a file on this route in bytes, if the route accepts files. */
export function fileLimitOf(routeConfig: unknown): number | undefined {
  return (routeConfig as RouteOptions | undefined)?.fileLimit;
}
