import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AppError, type Caller } from '../../kernel/index.js';
import type { AuthenticatedRequest } from './decorators.js';
import { callerFromClaims, type Claims } from './claims.js';
import { TokenVerifier } from './token-verifier.js';

const fromHeader = ExtractJwt.fromAuthHeaderAsBearerToken();

/**
 * Passport's `jwt` strategy with {@link TokenVerifier} as its verifier: passport-jwt's own supports neither EdDSA nor
 * published keys. Only the Authorization header is read, never the query string.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(private readonly verifier: TokenVerifier) {
    super({
      jwtFromRequest: fromHeader,
      // passport-jwt requires a key source. If its own verifier were ever called, it would get none.
      secretOrKeyProvider: (_request: unknown, _token: unknown, done: (error: Error) => void) =>
        done(new Error('tokens are checked by TokenVerifier')),
    });
  }

  override authenticate(request: { readonly headers: AuthenticatedRequest['headers'] }): void {
    // Passport sets these on the strategy for this one call: bound now, they still belong to this request later.
    const success = this.success.bind(this);
    const error = this.error.bind(this);
    this.callerOf(request).then(success, error);
  }

  validate(claims: Claims): Caller {
    return callerFromClaims(claims);
  }

  private async callerOf(request: { readonly headers: AuthenticatedRequest['headers'] }): Promise<Caller> {
    const token = fromHeader(request);
    if (!token) {
      throw new AppError('UNAUTHENTICATED', 'Send a token in the header `Authorization: Bearer <token>`.');
    }
    return this.validate(await this.verifier.verify(token));
  }
}
