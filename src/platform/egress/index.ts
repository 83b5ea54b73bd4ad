export { EgressAllow, egressAllowProblem } from './egress-allow.js';
export { egressFetch, type EgressFetch, type EgressFetchOptions } from './egress-fetch.js';
export { EgressError, type EgressRule } from './egress-error.js';
export { guardedFetch, type GuardedAnswer, type GuardedFetchOptions } from './guarded-fetch.js';
export { isPublicAddress } from './public-address.js';
export { publicUrlProblem } from './public-url.js';
export type { ResolveHost } from './resolve-host.js';
