import { egressAllowProblem } from '../../egress/index.js';
import { list } from '../value-types.js';

/** What may be reached of the addresses that users and models name. */
export const egressVariables = {
  EGRESS_ALLOW: list
    .superRefine((entries, context) => {
      for (const entry of entries) {
        const problem = egressAllowProblem(entry);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: `${entry} ${problem}` });
      }
    })
    .prefault('')
    .describe(
      'comma-separated hosts, hosts with a port (wiki:8080) and nets (10.0.0.0/8) that tools may reach although they are not public',
    ),
} as const;
