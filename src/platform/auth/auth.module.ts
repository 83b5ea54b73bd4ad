import { Module } from '@nestjs/common';
import { AccessGuard } from './access.guard.js';
import { DevAuthGuard } from './dev-auth.guard.js';
import { DevTokenController } from './dev-token.controller.js';
import { DevTokens } from './dev-tokens.js';
import { JwtStrategy } from './jwt.strategy.js';
import { StreamTickets } from './stream-tickets.js';
import { StreamTicketController } from './stream-ticket.controller.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Authentication: tokens, tickets and the guard that checks them. The edge module runs the guard before every route.
 */
@Module({
  controllers: [DevTokenController, StreamTicketController],
  providers: [TokenVerifier, JwtStrategy, StreamTickets, DevTokens, DevAuthGuard, AccessGuard],
  exports: [AccessGuard, DevTokens, StreamTickets, TokenVerifier],
})
export class AuthModule {}
