import { RouteConfig } from '@nestjs/platform-fastify';

interface RouteOptions {
  readonly takesFiles?: boolean;
  /** Bytes of a file; the server puts it in where files are taken. */
  readonly fileLimit?: number;
}

/**
 * A route that takes a file as `multipart/form-data` besides JSON, and bodies as large as a document may be.
 * Everywhere else multipart is refused: it is what a foreign page's form can send without asking.
 */
export const TakesFiles = () => RouteConfig({ takesFiles: true } satisfies RouteOptions);

/** Whether the route was marked with {@link TakesFiles}. */
export function takesFiles(routeConfig: unknown): boolean {
  return (routeConfig as RouteOptions | undefined)?.takesFiles === true;
}

/** The configuration of a route that takes files of so many bytes. */
export function withFileLimit<RouteConfig extends object>(
  routeConfig: RouteConfig | undefined,
  fileLimit: number,
) {
  return { ...routeConfig, fileLimit } as RouteConfig & RouteOptions;
}

/** Bytes that a file may have on this route, where files are taken. */
export function fileLimitOf(routeConfig: unknown): number | undefined {
  return (routeConfig as RouteOptions | undefined)?.fileLimit;
}
