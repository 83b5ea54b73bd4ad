import type { Options } from 'pino-http';
import type { Config } from '../config/index.js';
import { describeError } from './describe-error.js';

/** Fields that hold secrets wherever they turn up. None is logged on purpose: this is the net under mistakes. */
const SECRETS = ['authorization', 'cookie', 'token', 'ticket', 'apiKey', 'password', 'secret'];

/**
 * One JSON object a line. Lines made while a request is served carry its id and nothing else of it; the line
 * for the request itself is written by the access log.
 */
export function logOptions(config: Pick<Config, 'LOG_LEVEL'>): Options {
  return {
    level: config.LOG_LEVEL,
    autoLogging: false,
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
    wrapSerializers: false,
    // The request logger writes each request out in full for a logger that nobody uses: it gets nothing to write.
    serializers: { err: describeError, req: () => undefined },
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

/** What the framework says of each module and route while it starts: the same at every start. */
const CHATTER = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

function isChatter([subject]: LogArguments): boolean {
  const context = (subject as { readonly context?: unknown } | undefined)?.context;
  return typeof context === 'string' && CHATTER.has(context);
}

type LogArguments = Parameters<NonNullable<NonNullable<Options['hooks']>['logMethod']>>[0];

/** A line about an error alone would get the error's own message from pino, past the serializer. */
function withMessage(given: LogArguments): LogArguments {
  const [subject, message] = given as readonly unknown[];
  if (message !== undefined) return given;
  const err: unknown = subject instanceof Error ? subject : (subject as { err?: unknown } | undefined)?.err;
  if (!(err instanceof Error)) return given;
  const line = subject === err ? { err } : (subject as object);
  return [line, describeError(err).message] as unknown as LogArguments;
}
