import { newId } from '../../kernel/index.js';

/** Names this process: as the owner of its leases, and in notifications so that it does not wake itself. */
export const PROCESS_ID = newId();
