/** How many tools a model is offered at once: OpenAI takes no more, and models choose badly among many. */
export const MAX_OFFERED = 128;

/** A tool, and whose it is; absent: the server's own. */
interface Offerable {
  readonly definition: { readonly name: string; readonly server?: { readonly name: string } | undefined };
}

/** What a model is offered, and what it is told of the rest. */
export interface Offered<Item> {
  readonly tools: readonly Item[];
  /** Absent where all of them are offered. */
  readonly note: string | undefined;
}

/**
 * As many of the tools as there is room for beside the client's own, in their order: first those that are built in, then those of
 * the MCP servers in turn, one of each, so that a server with many leaves some of the others.
 */
export function offeredTools<Item extends Offerable>(
  tools: readonly Item[],
  clients: number,
  max = MAX_OFFERED,
): Offered<Item> {
  const room = Math.max(0, max - clients);
  if (tools.length <= room) return { tools, note: undefined };
  const taken = new Set(inTurn(tools).slice(0, room));
  const left = tools.filter((tool) => !taken.has(tool));
  return { tools: tools.filter((tool) => taken.has(tool)), note: noteOf(tools.length, room, left) };
}

function inTurn<Item extends Offerable>(tools: readonly Item[]): readonly Item[] {
  const own = tools.filter(({ definition }) => definition.server === undefined);
  const foreign = Map.groupBy(
    tools.filter(({ definition }) => definition.server !== undefined),
    ({ definition }) => definition.server!.name,
  );
  const longest = Math.max(0, ...[...foreign.values()].map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, turn) =>
    [...foreign.values()].flatMap((ofOne) => ofOne.slice(turn, turn + 1)),
  );
  return [...own, ...turns.flat()];
}

function noteOf(count: number, room: number, left: readonly Offerable[]): string {
  const servers = [...new Set(left.map(({ definition }) => definition.server?.name ?? 'the server itself'))];
  return (
    `Of ${count} tools you are given ${room}: more cannot be offered at once. Some of ${servers.join(', ')} are left out. ` +
    'If what is asked needs one that you do not have, say that the user can choose fewer tools for a message.'
  );
}
