import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { SCHEMA } from '../migrations/index.js';
import { newId, type Caller } from '../src/kernel/index.js';
import { Database, migrate } from '../src/platform/database/index.js';
import { PostgresChunkSearch } from '../src/rag/adapters/postgres-chunk-search.js';
import { PostgresDocumentStore } from '../src/rag/adapters/postgres-document-store.js';
import { PostgresIngestionStore } from '../src/rag/adapters/postgres-ingestion-store.js';
import { chunk, type TextChunk } from '../src/rag/core/chunk.js';
import { searchText } from '../src/rag/core/search-text.js';

/*
 * How well the search ranks: nDCG@10 on SciFact (BEIR's layout: corpus.jsonl, queries.jsonl, qrels.tsv), once
 * with every abstract as one passage, which is what published figures measure, and once cut by our chunker with
 * a document ranked by its best passage. Works in a database of its own on the given server and drops it after.
 *
 *   node_modules/.bin/node --import ./test/setup/typescript-hooks.mjs bench/rag-scifact.ts <data folder> [postgres://…]
 */

interface Entry {
  readonly _id: string;
  readonly title?: string;
  readonly text: string;
}

type Judgments = ReadonlyMap<string, ReadonlyMap<string, number>>;
type Cut = (text: string) => TextChunk[];

const DEPTH = 10;
/** Passages asked for, so that ten documents are among them when a document has several. */
const PASSAGES = 50;
const PARALLEL = 8;

const caller: Caller = {
  id: 'bench',
  org: 'bench',
  roles: ['user'],
  clearance: 'internal',
  name: undefined,
  email: undefined,
};

async function main(): Promise<void> {
  const [folder, server = 'postgres://postgres@127.0.0.1:5432/postgres'] = process.argv.slice(2);
  if (folder === undefined)
    throw new Error('Say where the data is: rag-scifact <data folder> [postgres://…]');
  const corpus = readEntries(join(folder, 'corpus.jsonl'));
  const queries = readEntries(join(folder, 'queries.jsonl'));
  const judgments = readJudgments(join(folder, 'qrels.tsv'));
  const whole: Cut = (text) => [{ content: text, offsets: { start: 0, end: text.length } }];
  await measure('one passage a document', whole, server, corpus, queries, judgments);
  await measure(
    'cut by the chunker',
    (text) => chunk(text, 'text/plain'),
    server,
    corpus,
    queries,
    judgments,
  );
}

async function measure(
  name: string,
  cut: Cut,
  server: string,
  corpus: readonly Entry[],
  queries: readonly Entry[],
  judgments: Judgments,
): Promise<void> {
  await inOwnDatabase(server, async (database) => {
    const filled = performance.now();
    const originals = await fill(database, corpus, cut);
    const asked = performance.now();
    const search = new PostgresChunkSearch(database);
    const scores: number[] = [];
    for (const query of queries) {
      const relevances = judgments.get(query._id);
      if (relevances === undefined) continue;
      const hits = await search.search(caller, query.text, PASSAGES);
      const ranking = [...new Set(hits.map(({ documentId }) => originals.get(documentId)!))];
      scores.push(ndcg(ranking, relevances));
    }
    const perQuery = (performance.now() - asked) / scores.length;
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    console.log(
      `${name}: nDCG@${DEPTH} ${mean.toFixed(4)} over ${scores.length} queries, ${perQuery.toFixed(1)} ms a query, ` +
        `${originals.size} documents put in within ${((asked - filled) / 1_000).toFixed(1)} s`,
    );
  });
}

/** Puts the corpus in, as titles with texts; answers which document became which entry. */
async function fill(
  database: Database,
  corpus: readonly Entry[],
  cut: Cut,
): Promise<ReadonlyMap<string, string>> {
  const originals = new Map<string, string>();
  const texts = new Map<string, Entry>();
  const store = new PostgresDocumentStore(database, database);
  const queue = new PostgresIngestionStore(database);
  const waiting = [...corpus];
  const worker = async () => {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const id = newId();
      originals.set(id, entry._id);
      texts.set(id, entry);
      await store.add(caller, documentOf(id, entry), () => undefined);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (let claimed = await queue.claim(); claimed !== undefined; claimed = await queue.claim()) {
    const { title, text } = texts.get(claimed.documentId)!;
    const chunks = cut(text).map((each, position) => ({
      ...each,
      ...{ position, text: searchText(`${title ?? ''}\n${each.content}`) },
    }));
    await queue.write(claimed, chunks);
    await queue.finish(claimed);
  }
  return originals;
}

function documentOf(id: string, entry: Entry) {
  return {
    id,
    title: entry.title ?? '',
    source: undefined,
    contentType: 'text/plain',
    content: entry.text,
    bytes: Buffer.byteLength(entry.text),
    securityLevel: 'internal',
    visibility: 'org',
    metadata: {},
  } as const;
}

function ndcg(ranking: readonly string[], relevances: ReadonlyMap<string, number>): number {
  const gain = (relevance: number, rank: number) => relevance / Math.log2(rank + 2);
  const ideal = [...relevances.values()].sort((one, other) => other - one);
  const sum = (gains: readonly number[]) =>
    gains.slice(0, DEPTH).reduce((total, each, rank) => total + gain(each, rank), 0);
  return sum(ranking.map((id) => relevances.get(id) ?? 0)) / sum(ideal);
}

async function inOwnDatabase(server: string, work: (database: Database) => Promise<void>): Promise<void> {
  const name = `bench_scifact_${newId().replaceAll('-', '')}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  try {
    const address = new URL(server);
    address.pathname = `/${name}`;
    await migrate(address.href, SCHEMA);
    const pool = new pg.Pool({ connectionString: address.href, max: PARALLEL });
    // Dropping the database may cut a connection that is still saying goodbye.
    pool.on('error', () => undefined);
    try {
      await work(new Database(pool));
    } finally {
      await pool.end();
    }
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}

function readEntries(path: string): Entry[] {
  return readLines(path).map((line) => JSON.parse(line) as Entry);
}

function readJudgments(path: string): Judgments {
  const judgments = new Map<string, Map<string, number>>();
  for (const line of readLines(path).slice(1)) {
    const [query, document, score] = line.split('\t') as [string, string, string];
    const relevances = judgments.get(query) ?? new Map<string, number>();
    judgments.set(query, relevances.set(document, Number(score)));
  }
  return judgments;
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

await main();
