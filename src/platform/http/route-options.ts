import { RouteConfig } from '@nestjs/platform-fastify';

interface RouteOptions {
  readonly takesFiles?: boolean;
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
