import { sql } from '../platform/database/index.js';

export const PING = sql('health.ping', 'SELECT 1 AS ok');
