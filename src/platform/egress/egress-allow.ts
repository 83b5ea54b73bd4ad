import { BlockList, isIP } from 'node:net';

/** `10.0.0.0/8`, `fd00::/8`. */
const CIDR = /^([0-9a-f.:]+)\/(\d{1,3})$/i;

interface AllowedHost {
  readonly host: string;
  /** Absent: every port but those that are blocked for all. */
  readonly port: number | undefined;
}

/** What may be reached although it is not public, as the operator says: hosts, hosts with a port, and nets. */
export class EgressAllow {
  private readonly hosts: AllowedHost[] = [];
  private readonly nets = new BlockList();

  /** Throws for an entry that {@link egressAllowProblem} finds fault with. */
  constructor(entries: readonly string[] = []) {
    for (const entry of entries) {
      const net = netOf(entry);
      if (net !== undefined) this.nets.addSubnet(net.address, net.prefix, net.family);
      else this.hosts.push(hostOf(entry) ?? raise(entry));
    }
  }

  /** Whether the operator names this host, as it stands in a URL, for this port. */
  hasHost(hostname: string, port: number): boolean {
    const host = plainHost(hostname);
    return this.hosts.some((one) => one.host === host && (one.port === undefined || one.port === port));
  }

  /** Whether the operator names this host together with this very port. */
  hasPort(hostname: string, port: number): boolean {
    const host = plainHost(hostname);
    return this.hosts.some((one) => one.host === host && one.port === port);
  }

  /** Whether an address is in a net that the operator names. */
  hasAddress(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.nets.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** What is wrong with an entry of `EGRESS_ALLOW`, as the rest of a sentence; `undefined` for a good one. */
export function egressAllowProblem(entry: string): string | undefined {
  const isKnown = netOf(entry) !== undefined || hostOf(entry) !== undefined;
  return isKnown ? undefined : 'is no host, host:port or net such as 10.0.0.0/8';
}

function netOf(entry: string) {
  const [, address, digits] = CIDR.exec(entry) ?? [];
  if (address === undefined) return undefined;
  const version = isIP(address);
  const prefix = Number(digits);
  if (version === 0 || prefix > (version === 6 ? 128 : 32)) return undefined;
  return { address, prefix, family: version === 6 ? ('ipv6' as const) : ('ipv4' as const) };
}

function hostOf(entry: string): AllowedHost | undefined {
  const text = isIP(entry) === 6 ? `[${entry}]` : entry;
  const url = `http://${text}/`;
  if (!/^(\[[0-9a-f:.]+\]|[^\s/?#@\\:[\]*]+)(:\d{1,5})?$/i.test(text) || !URL.canParse(url)) return undefined;
  const port = /:(\d+)$/.exec(text)?.[1];
  return { host: plainHost(new URL(url).hostname), port: port === undefined ? undefined : Number(port) };
}

/** Without the brackets of IPv6, and dots at the end. */
export function plainHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

function raise(entry: string): never {
  throw new Error(`EGRESS_ALLOW: ${entry} ${egressAllowProblem(entry)}`);
}
