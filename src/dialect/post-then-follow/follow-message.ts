import { Inject, Injectable } from '@nestjs/common';
import { found } from '../../platform/http/index.js';
import { TURN_STORE, type TurnStore } from '../../turn/index.js';
import type { Exchange } from '../exchange.js';
import { WireStreams } from '../wire-streams.js';
import { postThenFollowWire } from './post-then-follow-wire.js';

/** Streams the answer to a message that was stored before, as often as anybody asks. */
@Injectable()
export class FollowMessage {
  constructor(
    @Inject(TURN_STORE) private readonly turns: TurnStore,
    private readonly streams: WireStreams,
  ) {}

  /** Throws `NOT_FOUND` and `RATE_LIMITED`. */
  async follow(exchange: Exchange, messageId: string): Promise<void> {
    this.streams.takePlace(exchange);
    const started = found(await this.turns.findByMessage(exchange.caller, messageId), 'message');
    this.streams.turn(exchange, started, postThenFollowWire());
  }
}
