import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AppError } from '../../../kernel/index.js';
import { bodyTooLarge } from '../request-body.js';
import { isBodyTooLarge, toClientError } from './translate.js';
import { errorAnswer } from './write.js';

interface Request {
  readonly id?: string;
  readonly url?: string;
  readonly routeOptions?: { readonly bodyLimit?: number };
}

interface Reply {
  readonly raw?: { destroy(): void };
}

/** The one exit of errors: whatever is thrown anywhere leaves as a body of the catalogue, or in its dialect's words. */
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
      // Too late for an answer. A connection that breaks says so; one that ends well would not.
      reply.raw?.destroy();
      return;
    }
    const { body, headers } = errorAnswer(httpAdapter, request.url ?? '', error);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(reply, name, value);
    httpAdapter.reply(reply, body, error.status);
  }

  /** What is our fault is logged with its stack; what a client got wrong is in the line of its request. */
  private log(error: AppError, thrown: unknown): void {
    if (error.status < 500) return;
    if (error.code === 'INTERNAL')
      this.logger.error(thrown instanceof Error ? thrown : new Error('not an Error was thrown'));
    else this.logger.warn(`${error.code}: ${error.message}`);
  }
}

/** Only the route knows how much is taken there. */
function clientError(thrown: unknown, { id = '', routeOptions }: Request): AppError {
  const limit = routeOptions?.bodyLimit;
  if (limit !== undefined && isBodyTooLarge(thrown)) return bodyTooLarge(limit, thrown);
  return toClientError(thrown, id);
}
