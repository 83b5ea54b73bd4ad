import pg from 'pg';

export interface LedgerRow {
  readonly provider: string;
  readonly model: string;
  readonly outcome: string;
  readonly error_code: string | null;
  readonly retries: number;
  readonly estimated: boolean;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly turn_id: string;
  readonly thread_id: string | null;
}

/** The rows that the ledger of a server's database has, oldest first; of one turn, or of all. */
export async function ledgerRows(connectionString: string, turnId?: string): Promise<LedgerRow[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<LedgerRow>(
      `SELECT provider, model, outcome, error_code, retries, estimated, input_tokens::int, output_tokens::int,
         turn_id, thread_id
       FROM llm_attempts WHERE $1::uuid IS NULL OR turn_id = $1 ORDER BY started_at, id`,
      [turnId ?? null],
    );
    return rows;
  } finally {
    await client.end();
  }
}
