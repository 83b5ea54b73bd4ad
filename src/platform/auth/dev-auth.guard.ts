import {
  Inject,
  Injectable,
  NotFoundException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import type { AuthenticatedRequest } from './decorators.js';

/** Headers that proxies, load balancers and CDNs add to a forwarded request; lower-case names. */
const FORWARDING = [
  /^(forwarded|via|cdn-loop|x-real-ip|x-scheme|front-end-https|x-url-scheme)$/,
  /^x-(forwarded|original|envoy|azure|appengine|amzn|amz-cf|arr|cluster|proxy|vercel|nf|railway|middleton)-/,
  /^x-forward(ed)?(-for)?$/,
  /^(cf|cloudfront|fastly|fly|akamai|incap|true|wl|ngrok|tailscale|do|gclb|ali|eo)-/,
  /(client|real|remote|connecting|peer|source|user|proxy)-?(ip|addr|address|port|host)$/,
  /^(proxy-connection|x-proxied-by|x-host|x-varnish|x-traefik|x-haproxy.*|x-cache.*)$/,
];

/**
 * Routes that exist only while dev auth is on, and only for this machine: otherwise they are not found. A proxy on the
 * same machine forwards requests from elsewhere, so forwarded requests do not find them either.
 */
@Injectable()
export class DevAuthGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: Pick<Config, 'devAuth'>) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!this.config.devAuth || isForwarded(request)) throw new NotFoundException();
    return true;
  }
}

/** Whether a proxy forwarded the request, so that its origin may be another machine. */
function isForwarded({ headers }: Pick<AuthenticatedRequest, 'headers'>): boolean {
  return Object.keys(headers).some((name) => FORWARDING.some((pattern) => pattern.test(name)));
}
