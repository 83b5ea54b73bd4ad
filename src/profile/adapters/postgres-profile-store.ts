import { Injectable } from '@nestjs/common';
import { newId, type Caller, type Person } from '../../kernel/index.js';
import { Database } from '../../platform/database/index.js';
import type { Memory, Profile } from '../core/profile.js';
import type { ProfileStore } from '../ports/profile-store.js';
import { ADD, FIND, LIST, PUT, REMOVE, REMOVE_ALL } from './profile-statements.js';

type ProfileRow = Omit<Profile, 'updatedAt'> & { readonly updated_at: Date | null };
type MemoryRow = Omit<Memory, 'createdAt'> & { readonly created_at: Date };

/** Profiles and memories in Postgres. */
@Injectable()
export class PostgresProfileStore implements ProfileStore {
  constructor(private readonly database: Database) {}

  async profile({ org, id }: Person): Promise<Profile | undefined> {
    const [row] = await this.database.query<ProfileRow>(FIND, [org, id]);
    return row?.updated_at == null ? undefined : profileOf(row);
  }

  async put({ org, id }: Caller, profile: Omit<Profile, 'updatedAt'>): Promise<Profile> {
    const { name, language, tone, about } = profile;
    const [row] = await this.database.query<ProfileRow>(PUT, [org, id, name, language, tone, about]);
    return profileOf(row!);
  }

  async add({ org, id }: Caller, content: string): Promise<Memory | undefined> {
    const [row] = await this.database.query<MemoryRow>(ADD, [newId(), org, id, content]);
    return row && memoryOf(row);
  }

  async memories({ org, id }: Person, limit: number, before?: string): Promise<readonly Memory[]> {
    const rows = await this.database.query<MemoryRow>(LIST, [org, id, limit, before ?? null]);
    return rows.map(memoryOf);
  }

  async remove({ org, id }: Caller, memory: string): Promise<boolean> {
    return (await this.database.query(REMOVE, [org, id, memory])).length > 0;
  }

  async removeAll({ org, id }: Person): Promise<void> {
    await this.database.query(REMOVE_ALL, [org, id]);
  }
}

function profileOf({ name, language, tone, about, updated_at }: ProfileRow): Profile {
  return { name, language, tone, about, updatedAt: updated_at?.toISOString() ?? null };
}

function memoryOf({ id, content, created_at }: MemoryRow): Memory {
  return { id, content, createdAt: created_at.toISOString() };
}
