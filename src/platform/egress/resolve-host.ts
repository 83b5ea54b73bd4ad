import { lookup, Resolver } from 'node:dns/promises';

/** The addresses of a name, all of them; none where there is no such name. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

const QUERY_MS = 3_000;

/**
 * Asks DNS alone, neither the hosts file nor the search domains of this machine: whoever names a host gets no view of its
 * network. It can be stopped, and takes none of the few threads that other lookups of the process wait for.
 */
export const resolveByDns: ResolveHost = async (host, signal) => {
  const resolver = new Resolver({ timeout: QUERY_MS, tries: 2 });
  const stop = () => resolver.cancel();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

/** As every other program of this machine resolves names: for hosts that the operator names. */
export const resolveLocally: ResolveHost = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};
