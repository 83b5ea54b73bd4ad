import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

const WAIT_MS = 5_000;

/** Says which Redis answers at the address; rejects in words when none does. */
export async function checkRedis(url: string): Promise<string> {
  const { protocol, hostname, port } = new URL(url);
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const shown = `${hostname}:${target.port}`;
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = protocol === 'rediss:' ? connectSecurely(target) : connect(target);
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => {
      resolve(data.toString('latin1'));
      socket.destroy();
    });
    socket.write('PING\r\n');
  }).catch((error: unknown) => {
    throw new Error(
      `REDIS_URL is set, but no Redis can be used at ${shown}: ${(error as Error).message}. ` +
        'Start it, or unset REDIS_URL to test without.',
    );
  });
  // One that wants a password first is there all the same.
  if (!/^(\+PONG|-NOAUTH)/.test(answer))
    throw new Error(`What answers at ${shown} (REDIS_URL) is not a Redis.`);
  return `the Redis at ${shown} (REDIS_URL)`;
}
