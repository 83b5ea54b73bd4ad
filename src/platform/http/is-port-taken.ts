import { once } from 'node:events';
import { createServer } from 'node:net';

/** Whether another program listens there at this moment; what else may be wrong with the address is not asked. */
export async function isPortTaken(port: number, host: string): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, host), 'listening');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  }
  probe.close();
  await once(probe, 'close');
  return false;
}
