export { AccessGuard } from './access.guard.js';
export { AuthModule } from './auth.module.js';
export {
  AllowTicket,
  CurrentUser,
  isPublic,
  Public,
  PUBLIC_OPERATION,
  Roles,
  type AuthenticatedRequest,
} from './decorators.js';
export { callerFromClaims } from './claims.js';
export { DevTokens, type DevToken, type DevTokenRequest } from './dev-tokens.js';
export { OWNED_THREAD_SQL, type OwnedThreadSql } from './owned-thread-sql.js';
export { StreamTickets } from './stream-tickets.js';
export { TokenVerifier } from './token-verifier.js';
