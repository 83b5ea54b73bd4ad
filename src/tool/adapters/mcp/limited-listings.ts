import { EgressError, type EgressFetch } from '../../../platform/egress/index.js';

/** Bytes of all pages of one list together. */
const MAX_LIST_BYTES = 2_000_000;

/** A fetch whose answers to `…/list` are bounded together, however many pages they come in. */
export class LimitedListings {
  private left = MAX_LIST_BYTES;

  constructor(private readonly inner: EgressFetch) {}

  /** Another list is asked for. */
  begin(): void {
    this.left = MAX_LIST_BYTES;
  }

  readonly fetch: EgressFetch = async (address, init) => {
    const response = await this.inner(address, init);
    if (response.body === null || !isListing(init?.body)) return response;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.left -= chunk.length;
        if (this.left >= 0) controller.enqueue(chunk);
        else controller.error(new EgressError('size', 'Its list is larger than 2 MB.', true));
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(count), { status, statusText, headers });
  };
}

function isListing(body: RequestInit['body']): boolean {
  return typeof body === 'string' && /"method":"(tools|resources|prompts)\/(templates\/)?list"/.test(body);
}
