import type { AuthenticatedRequest } from './authenticated-request.js';

/** What proxies, load balancers and content networks add to a request that they pass on; names only, in lower case. */
const FORWARDING = [
  /^(forwarded|via|cdn-loop|x-real-ip|x-scheme|front-end-https|x-url-scheme)$/,
  /^x-(forwarded|original|envoy|azure|appengine|amzn|amz-cf|arr|cluster|proxy|vercel|nf|railway|middleton)-/,
  /^x-forward(ed)?(-for)?$/,
  /^(cf|cloudfront|fastly|fly|akamai|incap|true|wl|ngrok|tailscale|do|gclb|ali|eo)-/,
  /(client|real|remote|connecting|peer|source|user|proxy)-?(ip|addr|address|port|host)$/,
  /^(proxy-connection|x-proxied-by|x-host|x-varnish|x-traefik|x-haproxy.*|x-cache.*)$/,
];

/** Whether somebody passed the request on: whoever sent it first is then not known to be on this machine. */
export function isForwarded({ headers }: Pick<AuthenticatedRequest, 'headers'>): boolean {
  return Object.keys(headers).some((name) => FORWARDING.some((pattern) => pattern.test(name)));
}
