import type { IncomingMessage } from 'node:http';
import { ResponseBody } from './response-body.js';

const MAX_ERROR_BODY_BYTES = 65_536;
const MAX_BODY_BYTES = 67_108_864;

/** Those members of a `Response` that the SDKs use, over a message of node:http. */
export class HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly body: ResponseBody;
  readonly redirected = false;
  readonly type = 'basic';
  private used = false;
  private read: Headers | undefined;

  constructor(
    private readonly message: IncomingMessage,
    readonly url: string,
  ) {
    this.status = message.statusCode ?? 0;
    this.statusText = message.statusMessage ?? '';
    this.ok = this.status >= 200 && this.status < 300;
    this.body = new ResponseBody(message);
  }

  /** Made when it is first asked for: most answers are read without. */
  get headers(): Headers {
    return (this.read ??= headersOf(this.message.rawHeaders));
  }

  get bodyUsed(): boolean {
    return this.used;
  }

  /**
   * The whole body; of an error's body the first 64 kB, which suffice to classify it. Throws for an answer of more than
   * 64 MB.
   */
  async text(): Promise<string> {
    this.used = true;
    const limit = this.ok ? MAX_BODY_BYTES : MAX_ERROR_BODY_BYTES;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of this.body) {
      pieces.push(piece);
      bytes += piece.byteLength;
      if (bytes <= limit) continue;
      if (this.ok) throw new RangeError('the answer is too large');
      break;
    }
    return new TextDecoder().decode(Buffer.concat(pieces).subarray(0, limit));
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < raw.length; index += 2) headers.append(raw[index]!, raw[index + 1]!);
  return headers;
}
