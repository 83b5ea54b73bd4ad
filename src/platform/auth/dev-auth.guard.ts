import {
  Inject,
  Injectable,
  NotFoundException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import type { AuthenticatedRequest } from './decorators.js';

/** What proxies, load balancers and content networks add to a request that they pass on; names only, in lower case. */
const FORWARDING = [
  /^(forwarded|via|cdn-loop|x-real-ip|x-scheme|front-end-https|x-url-scheme)$/,
  /^x-(forwarded|original|envoy|azure|appengine|amzn|amz-cf|arr|cluster|proxy|vercel|nf|railway|middleton)-/,
  /^x-forward(ed)?(-for)?$/,
  /^(cf|cloudfront|fastly|fly|akamai|incap|true|wl|ngrok|tailscale|do|gclb|ali|eo)-/,
  /(client|real|remote|connecting|peer|source|user|proxy)-?(ip|addr|address|port|host)$/,
  /^(proxy-connection|x-proxied-by|x-host|x-varnish|x-traefik|x-haproxy.*|x-cache.*)$/,
];

/**
 * Routes that exist only while dev auth is on, and only for this machine: otherwise they are not found, whatever is sent
 * to them. A proxy on the same machine passes on what comes from elsewhere, so what was passed on finds nothing either.
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

/** Whether somebody passed the request on: whoever sent it first is then not known to be on this machine. */
function isForwarded({ headers }: Pick<AuthenticatedRequest, 'headers'>): boolean {
  return Object.keys(headers).some((name) => FORWARDING.some((pattern) => pattern.test(name)));
}
