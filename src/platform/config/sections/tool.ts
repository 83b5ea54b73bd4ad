import { z } from 'zod';
import { flag, list, webAddress } from '../value-types.js';

/** The search services whose wire the server speaks. */
export const SEARCH_KINDS = ['searxng', 'brave', 'tavily'] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** DuckDuckGo has no interface for search results, and its terms forbid reading its pages and commercial use. */
const NO_DUCKDUCKGO =
  'DuckDuckGo offers no search to other programs, only answers about topics, for non-commercial use; searxng can ask it';

/** Whether a person is asked before a tool is called: never, each time, or unless the answer was remembered. */
const APPROVALS = ['never', 'always', 'ask'] as const;

/** `execute_javascript=ask, files__*=never, *=ask`: names of tools, or all of an MCP server, with a policy each. */
const approvals = list.transform((items, context) => {
  const pairs = items.map(
    (item) => /^([A-Za-z0-9_-]{1,64}|[A-Za-z0-9_-]{1,32}__\*|\*)=(\w+)$/.exec(item)?.slice(1) ?? [],
  );
  const known = pairs.filter(([, policy]) => APPROVALS.some((one) => one === policy));
  if (known.length < items.length)
    context.addIssue({
      code: 'custom',
      message: `is a list of tool=policy, policy one of ${APPROVALS.join(', ')}`,
    });
  return new Map(known as [string, (typeof APPROVALS)[number]][]);
});

/** What tools reach, and with what; and whether somebody is asked before. */
export const toolVariables = {
  TOOL_APPROVAL: approvals
    .optional()
    .describe(
      'before which tools people are asked: `execute_javascript=ask, *=never`; never, always, or ask: unless it was remembered',
    ),
  SEARCH_KIND: z
    .enum(SEARCH_KINDS, {
      error: ({ input }) => (input === 'duckduckgo' ? NO_DUCKDUCKGO : `is one of ${SEARCH_KINDS.join(', ')}`),
    })
    .optional()
    .describe('the service that the tool search_web asks; unset: there is no such tool'),
  SEARCH_URL: webAddress
    .optional()
    .describe(
      'where it is: needed for searxng, which may stand in a private network; what is behind the `?` goes with every search',
    ),
  SEARCH_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{1,1000}$/, { error: 'is a key without blanks, of printable ASCII characters' })
    .optional()
    .describe('its key: needed for brave and tavily'),
  SCRAPE_ROBOTS: flag
    .prefault('true')
    .describe("the tool that reads web pages leaves alone what a site's robots.txt refuses"),
} as const;

/** What the settings of searches must not say together. */
export function searchProblems(values: {
  readonly SEARCH_KIND?: SearchKind | undefined;
  readonly SEARCH_URL?: string | undefined;
  readonly SEARCH_API_KEY?: string | undefined;
}): string[] {
  const { SEARCH_KIND: kind, SEARCH_URL: url, SEARCH_API_KEY: key } = values;
  if (kind === undefined) {
    const unused = url === undefined ? 'SEARCH_API_KEY' : 'SEARCH_URL';
    return url === undefined && key === undefined
      ? []
      : [`${unused}: does nothing without SEARCH_KIND, which is one of ${SEARCH_KINDS.join(', ')}`];
  }
  if (kind === 'searxng' && url === undefined)
    return ['SEARCH_KIND: searxng needs its address in SEARCH_URL'];
  if (kind !== 'searxng' && key === undefined)
    return [`SEARCH_KIND: ${kind} needs its key in SEARCH_API_KEY`];
  return [];
}
