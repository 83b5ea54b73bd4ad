import { ThreadsAndTurns1790000000001 } from './1790000000001-threads-and-turns.js';
import { Rag1790000000002 } from './1790000000002-rag.js';
import { StreamTickets1790000000003 } from './1790000000003-stream-tickets.js';
import { Llm1790000000004 } from './1790000000004-llm.js';
import { TurnsByMessage1790000000005 } from './1790000000005-turns-by-message.js';
import { TurnQueue1790000000006 } from './1790000000006-turn-queue.js';
import { AttemptsUnderWay1790000000007 } from './1790000000007-attempts-under-way.js';
import { SelectedProviders1790000000010 } from './1790000000010-selected-providers.js';
import { ReusableTickets1790000000011 } from './1790000000011-reusable-tickets.js';
import { SchemaCompatibility1790000000014 } from './1790000000014-schema-compatibility.js';
import { RagIngestion1790000000016 } from './1790000000016-rag-ingestion.js';
import { WhatAnswersDrawOn1790000000020 } from './1790000000020-what-answers-draw-on.js';
import { SearchInMessages1790000000021 } from './1790000000021-search-in-messages.js';
import { CausesOfAttempts1790000000022 } from './1790000000022-causes-of-attempts.js';
import { TurnsThatWait1790000000027 } from './1790000000027-turns-that-wait.js';
import { HeadsOfThreads1790000000028 } from './1790000000028-heads-of-threads.js';
import { BranchesOfMessages1790000000029 } from './1790000000029-branches-of-messages.js';
import { TreeOfTurns1790000000030 } from './1790000000030-tree-of-turns.js';
import { OrderOfMessages1790000000031 } from './1790000000031-order-of-messages.js';
import { SeveralMessagesATurn1790000000032 } from './1790000000032-several-messages-a-turn.js';
import { FormsOfRuns1790000000033 } from './1790000000033-forms-of-runs.js';
import { RunsByBranch1790000000034 } from './1790000000034-runs-by-branch.js';
import { ToolApprovals1790000000035 } from './1790000000035-tool-approvals.js';
import { ResultsByCall1790000000036 } from './1790000000036-results-by-call.js';
import { TurnsWithCalls1790000000037 } from './1790000000037-turns-with-calls.js';
import { CausesOfAttempts1790000000039 } from './1790000000039-causes-of-attempts.js';
import { PartsOfResults1790000000040 } from './1790000000040-parts-of-results.js';
import { MetadataOfProviders1790000000041 } from './1790000000041-metadata-of-providers.js';
import { McpServers1790000000042 } from './1790000000042-mcp-servers.js';
import { GrantsOfMcpServers1790000000043 } from './1790000000043-grants-of-mcp-servers.js';
import { ClientsOfMcpServers1790000000044 } from './1790000000044-clients-of-mcp-servers.js';
import { SamplingOfMcpServers1790000000045 } from './1790000000045-sampling-of-mcp-servers.js';
import { PositionsOfRuns1790000000046 } from './1790000000046-positions-of-runs.js';
import { WorkflowDefinitions1790000000047 } from './1790000000047-workflow-definitions.js';
import { Profiles1790000000048 } from './1790000000048-profiles.js';
import { WebhookDeliveries1790000000049 } from './1790000000049-webhook-deliveries.js';

/** Every migration, oldest first. */
export const MIGRATIONS = [
  ThreadsAndTurns1790000000001,
  Rag1790000000002,
  StreamTickets1790000000003,
  Llm1790000000004,
  TurnsByMessage1790000000005,
  TurnQueue1790000000006,
  AttemptsUnderWay1790000000007,
  SelectedProviders1790000000010,
  ReusableTickets1790000000011,
  SchemaCompatibility1790000000014,
  RagIngestion1790000000016,
  WhatAnswersDrawOn1790000000020,
  SearchInMessages1790000000021,
  CausesOfAttempts1790000000022,
  TurnsThatWait1790000000027,
  HeadsOfThreads1790000000028,
  BranchesOfMessages1790000000029,
  TreeOfTurns1790000000030,
  OrderOfMessages1790000000031,
  SeveralMessagesATurn1790000000032,
  FormsOfRuns1790000000033,
  RunsByBranch1790000000034,
  ToolApprovals1790000000035,
  ResultsByCall1790000000036,
  TurnsWithCalls1790000000037,
  CausesOfAttempts1790000000039,
  PartsOfResults1790000000040,
  MetadataOfProviders1790000000041,
  McpServers1790000000042,
  GrantsOfMcpServers1790000000043,
  ClientsOfMcpServers1790000000044,
  SamplingOfMcpServers1790000000045,
  PositionsOfRuns1790000000046,
  WorkflowDefinitions1790000000047,
  Profiles1790000000048,
  WebhookDeliveries1790000000049,
] as const;

/**
 * The oldest release that may run on a database which this one has brought up to date, by its newest migration. It moves
 * up when a migration takes away or renames what a release up to there still uses, never otherwise: releases from here
 * on are rolled out, and back, one process after the other.
 */
const COMPATIBLE_FROM = 1_790_000_000_007;

/** The schema of this release. */
export const SCHEMA = { migrations: MIGRATIONS, compatibleFrom: COMPATIBLE_FROM };
