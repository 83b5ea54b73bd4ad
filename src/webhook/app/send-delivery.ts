import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, VERSION, type Config, type WebhookSettings } from '../../platform/config/index.js';
import { EgressAllow, EgressError, egressFetch, type EgressFetch } from '../../platform/egress/index.js';
import type { DueDelivery } from '../ports/delivery-store.js';
import { signedHeaders } from './sign-delivery.js';

/** What became of an attempt. `refused`: it makes no sense to try again. */
export type Sent =
  | { readonly type: 'arrived' }
  | { readonly type: 'failed' | 'refused'; readonly error: string; readonly askedMs?: number };

const TIMEOUT_MS = 15_000;
/** Nothing of the answer is read. */
const BYTES = 1_024;
/** Mistakes in the address itself: it is the operator's to change. */
const FOR_GOOD = new Set(['malformed', 'scheme', 'credentials', 'port', 'address']);
const GONE = 410;

/** Makes one attempt at a delivery. */
@Injectable()
export class SendDelivery {
  private readonly fetch: EgressFetch;

  constructor(@Inject(CONFIG) config: Pick<Config, 'EGRESS_ALLOW'>) {
    this.fetch = egressFetch({
      allow: new EgressAllow(config.EGRESS_ALLOW),
      userAgent: `threadline/${VERSION}`,
      ...{ maxBytes: BYTES, maxEventBytes: BYTES, maxStreamBytes: BYTES, headersMs: TIMEOUT_MS },
    });
  }

  /** Never rejects, but with the signal's reason. What it says of an error is nothing of what the receiver said. */
  async send(delivery: DueDelivery, { url, key }: WebhookSettings, signal: AbortSignal): Promise<Sent> {
    try {
      const headers = signedHeaders(delivery, key, new Date());
      const response = await this.fetch(url, { method: 'POST', headers, body: delivery.body, signal });
      await response.body?.cancel();
      return sentFrom(response);
    } catch (error) {
      signal.throwIfAborted();
      const { rule, message } = error instanceof EgressError ? error : { rule: '', message: 'It failed.' };
      return { type: FOR_GOOD.has(rule) ? 'refused' : 'failed', error: message };
    }
  }
}

function sentFrom({ ok, status, headers }: Response): Sent {
  if (ok) return { type: 'arrived' };
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const asked = Number.isFinite(seconds) && seconds > 0 ? { askedMs: seconds * 1_000 } : {};
  return { type: status === GONE ? 'refused' : 'failed', error: `It answered with ${status}.`, ...asked };
}
