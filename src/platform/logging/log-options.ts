import type { Options } from 'pino-http';
import type { Config } from '../config/index.js';
import { describeError } from './describe-error.js';
import { requestFields } from './request-context.js';

/** Fields that may contain secrets. None is logged on purpose: this is a safeguard against mistakes. */
const SECRETS = ['authorization', 'cookie', 'token', 'ticket', 'apiKey', 'password', 'secret'];

/**
 * One JSON object per line. Entries of a request have its id and no other field of it; the access log writes the entry
 * of the request itself. The id is read when something is logged: a logger for each request would cost each of them.
 */
export function logOptions(config: Pick<Config, 'LOG_LEVEL'>): Options {
  return {
    level: config.LOG_LEVEL,
    mixin: requestFields,
    wrapSerializers: false,
    serializers: { err: describeError },
    formatters: { level: (level) => ({ level }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    hooks: {
      logMethod(given, method) {
        if (isChatter(given)) return;
        method.apply(this, withMessage(given));
      },
    },
    redact: {
      paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]',
    },
  };
}

/** Nest's messages about each module and route at every start. */
const CHATTER = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

function isChatter([subject]: LogArguments): boolean {
  const context = (subject as { readonly context?: unknown } | undefined)?.context;
  return typeof context === 'string' && CHATTER.has(context);
}

type LogArguments = Parameters<NonNullable<NonNullable<Options['hooks']>['logMethod']>>[0];

/** An entry with an error only would get the error's own message from pino, without the serializer. */
function withMessage(given: LogArguments): LogArguments {
  const [subject, message] = given as readonly unknown[];
  if (message !== undefined) return given;
  const err: unknown = subject instanceof Error ? subject : (subject as { err?: unknown } | undefined)?.err;
  if (!(err instanceof Error)) return given;
  const line = subject === err ? { err } : (subject as object);
  return [line, describeError(err).message] as unknown as LogArguments;
}
