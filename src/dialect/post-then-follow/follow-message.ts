import { Injectable } from '@nestjs/common';
import { FindTurnOfMessage } from '../../chat/index.js';
import type { Exchange } from '../exchange.js';
import { WireStreams } from '../wire-streams.js';
import { postThenFollowWire } from './post-then-follow-wire.js';

/** Streams the answer to a stored message, any number of times. */
@Injectable()
export class FollowMessage {
  constructor(
    private readonly findTurnOfMessage: FindTurnOfMessage,
    private readonly streams: WireStreams,
  ) {}

  /** Throws `NOT_FOUND` and `RATE_LIMITED`. */
  async follow(exchange: Exchange, messageId: string): Promise<void> {
    this.streams.reserveStream(exchange);
    const started = await this.findTurnOfMessage.find(exchange.caller, messageId);
    this.streams.turn(exchange, started, postThenFollowWire());
  }
}
