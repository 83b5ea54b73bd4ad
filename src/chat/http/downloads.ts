import { Injectable, StreamableFile } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Caller } from '../../kernel/index.js';
import { OpenStreams } from '../../platform/http/index.js';
import { asksForHeaders } from '../../stream/index.js';

/** Sends what is read while it is sent: a piece is read when the client has taken the one before it. */
@Injectable()
export class Downloads {
  constructor(private readonly openStreams: OpenStreams) {}

  /** It counts as a stream of the caller until the client has it. Throws `RATE_LIMITED` where the caller has too many. */
  send(
    caller: Caller,
    response: ServerResponse,
    read: () => AsyncIterable<unknown>,
    options: ConstructorParameters<typeof StreamableFile>[1],
  ): StreamableFile {
    if (asksForHeaders(response)) return new StreamableFile(Readable.from([]), options);
    const free = this.openStreams.open(caller);
    if (response.closed) free();
    else response.once('close', free);
    return new StreamableFile(Readable.from(read(), { objectMode: false }), options);
  }
}
