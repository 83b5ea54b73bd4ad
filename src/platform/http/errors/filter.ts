import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AppError } from '../../../kernel/index.js';
import { bodyTooLarge } from '../request-body.js';
import { isBodyTooLarge, toClientError } from './translate.js';
import { errorAnswer } from './write.js';

interface Request {
  readonly id?: string;
  readonly url?: string;
  readonly protocol?: string;
  readonly host?: string;
  readonly routeOptions?: { readonly bodyLimit?: number };
}

interface Reply {
  readonly raw?: { destroy(): void };
}

/** Converts everything that is thrown into an error body of the catalogue, or of its dialect. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Error');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(thrown: unknown, context: ArgumentsHost): void {
    const request = context.switchToHttp().getRequest<Request>();
    const reply = context.switchToHttp().getResponse<Reply>();
    const error = clientError(thrown, request);
    this.log(error, thrown);
    const { httpAdapter } = this.host;
    if (httpAdapter.isHeadersSent(reply)) {
      // Too late for an error response. Destroying the connection shows that the response is incomplete.
      reply.raw?.destroy();
      return;
    }
    const { body, headers } = errorAnswer(httpAdapter, request.url ?? '', error, originOf(request));
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(reply, name, value);
    httpAdapter.reply(reply, body, error.status);
  }

  /** Server errors are logged with their stack; client errors appear in the access log only. */
  private log(error: AppError, thrown: unknown): void {
    if (error.status < 500) return;
    if (error.code === 'INTERNAL')
      this.logger.error(thrown instanceof Error ? thrown : new Error('not an Error was thrown'));
    else this.logger.warn(`${error.code}: ${error.message}`);
  }
}

function originOf({ protocol, host }: Request): string | undefined {
  return protocol === undefined || host === undefined || host === '' ? undefined : `${protocol}://${host}`;
}

/** The limit of the body depends on the route. */
function clientError(thrown: unknown, { id = '', routeOptions }: Request): AppError {
  const limit = routeOptions?.bodyLimit;
  if (limit !== undefined && isBodyTooLarge(thrown)) return bodyTooLarge(limit, thrown);
  return toClientError(thrown, id);
}
