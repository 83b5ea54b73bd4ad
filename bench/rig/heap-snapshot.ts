import { readFileSync } from 'node:fs';

/** What objects of one kind weigh, in bytes, and how many there are. */
export interface Weight {
  readonly bytes: number;
  readonly count: number;
}

/** The parts of a snapshot as V8 writes it that are read here. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
      readonly edge_fields: readonly string[];
      readonly edge_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

type FieldName = 'type' | 'name' | 'self_size' | 'edge_count';

/** Types whose objects say nothing by themselves: they are named for who holds them. */
const NAMELESS = new Set([
  'array',
  'hidden',
  'string',
  'sliced string',
  'concatenated string',
  'number',
  'object shape',
]);
const NAMELESS_NAMES = new Set([
  'Array',
  'Object',
  'ArrayBuffer',
  'system / JSArrayBufferData',
  'Map',
  'Set',
  'Promise',
  'system / Context',
]);
/** Holders are followed so far until one has a name. */
const MAX_STEPS = 9;

/** The heap in a snapshot, by kind: a class, a function's closure, or a nameless thing by who holds it. */
export function heapByKind(file: string): ReadonlyMap<string, Weight> {
  const heap = new Heap(JSON.parse(readFileSync(file, 'utf8')) as Snapshot);
  const kinds = new Map<string, { bytes: number; count: number }>();
  for (let node = 0; node < heap.size; node += 1) {
    const kind = heap.kindOf(node);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { bytes: heap.bytesOf(node), count: 1 });
    else {
      known.bytes += heap.bytesOf(node);
      known.count += 1;
    }
  }
  return kinds;
}

class Heap {
  readonly size: number;
  private readonly snapshot: Snapshot;
  private readonly width: number;
  private readonly types: readonly string[];
  private readonly at: Readonly<Record<FieldName, number>>;
  /** For each node the one that holds it, as found first from the roots, and the edge; -1 for none. */
  private readonly holders: Int32Array;
  private readonly edgesBy: Int32Array;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
    const { meta } = snapshot.snapshot;
    this.width = meta.node_fields.length;
    this.types = meta.node_types[0];
    const field = (name: string) => meta.node_fields.indexOf(name);
    this.at = {
      type: field('type'),
      name: field('name'),
      self_size: field('self_size'),
      edge_count: field('edge_count'),
    };
    this.size = snapshot.nodes.length / this.width;
    this.holders = new Int32Array(this.size).fill(-1);
    this.edgesBy = new Int32Array(this.size).fill(-1);
    this.findHolders();
  }

  bytesOf(node: number): number {
    return this.field(node, 'self_size');
  }

  kindOf(node: number): string {
    const path: string[] = [];
    let at = node;
    for (let step = 0; step < MAX_STEPS && this.isNameless(at) && this.holders[at]! >= 0; step += 1) {
      path.unshift(this.edgeName(this.edgesBy[at]!));
      at = this.holders[at]!;
    }
    const type = this.typeOf(at);
    const name = `${this.nameOf(at).slice(0, 48)}${type === 'closure' ? '()' : ''}`;
    return path.length === 0 ? `${name} [${type}]` : `${name}.${path.join('.')} [${this.typeOf(node)}]`;
  }

  private isNameless(node: number): boolean {
    if (NAMELESS.has(this.typeOf(node))) return true;
    return (
      NAMELESS_NAMES.has(this.nameOf(node)) || (this.typeOf(node) === 'closure' && this.nameOf(node) === '')
    );
  }

  private findHolders(): void {
    const { nodes, edges, snapshot } = this.snapshot;
    const { edge_fields: fields, edge_types: types } = snapshot.meta;
    const width = fields.length;
    const [type, target] = [fields.indexOf('type'), fields.indexOf('to_node')];
    const weak = types[0].indexOf('weak');
    const firstEdge = new Int32Array(this.size + 1);
    for (let node = 0; node < this.size; node += 1) {
      firstEdge[node + 1] = firstEdge[node]! + nodes[node * this.width + this.at.edge_count]!;
    }
    const queue = new Int32Array(this.size);
    const seen = new Uint8Array(this.size);
    seen[0] = 1;
    for (let head = 0, tail = 1; head < tail; head += 1) {
      const node = queue[head]!;
      for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge += 1) {
        const to = edges[edge * width + target]! / this.width;
        if (edges[edge * width + type] === weak || seen[to] === 1) continue;
        seen[to] = 1;
        this.holders[to] = node;
        this.edgesBy[to] = edge;
        queue[tail] = to;
        tail += 1;
      }
    }
  }

  private edgeName(edge: number): string {
    const { edges, strings, snapshot } = this.snapshot;
    const { edge_fields: fields, edge_types: types } = snapshot.meta;
    const at = edge * fields.length;
    const type = types[0][edges[at + fields.indexOf('type')]!];
    const name = edges[at + fields.indexOf('name_or_index')]!;
    return type === 'element' || type === 'hidden' ? '*' : (strings[name] ?? '');
  }

  private typeOf(node: number): string {
    return this.types[this.field(node, 'type')] ?? '';
  }

  private nameOf(node: number): string {
    return this.snapshot.strings[this.field(node, 'name')] ?? '';
  }

  private field(node: number, name: FieldName): number {
    return this.snapshot.nodes[node * this.width + this.at[name]]!;
  }
}
