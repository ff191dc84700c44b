import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import pg from 'pg';
import { CONNECTION_SETTINGS } from './database.js';
import type { ConnectionSettings } from './pool.js';

/** `work`: something is pending; `ended`: a generation others may wait for; `change`: a version rose. */
export type Signal = 'work' | 'ended' | 'change';

const CHANNEL = 'easel';
/** A process sends at most one NOTIFY in this time, whatever happened meanwhile. */
const COALESCE_MS = 20;
const RECONNECT_MS = 1_000;

/**
 * Hastens what polling would find anyway. Always outside transactions that move
 * money and on a connection of its own: a NOTIFY inside a transaction makes all
 * commits of the database queue for one lock. Losing a signal costs one poll.
 */
@Injectable()
export class Notifier implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly listeners = new Map<Signal, (() => void)[]>();
  private readonly due = new Set<Signal>();
  private client: pg.Client | null = null;
  private sending: NodeJS.Timeout | undefined;
  private reconnecting: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(@Inject(CONNECTION_SETTINGS) private readonly settings: ConnectionSettings) {}

  on(signal: Signal, listener: () => void): void {
    this.listeners.set(signal, [...(this.listeners.get(signal) ?? []), listener]);
  }

  /** Call after the commit. Reaches this process too. */
  tell(signal: Signal): void {
    this.due.add(signal);
    this.sending ??= setTimeout(() => this.send(), COALESCE_MS).unref();
  }

  onApplicationBootstrap(): void {
    void this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.sending);
    clearTimeout(this.reconnecting);
    await this.client?.end().catch(() => undefined);
  }

  private send(): void {
    this.sending = undefined;
    const payload = [...this.due].join(',');
    this.due.clear();
    this.client?.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]).catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.settings.directUrl ?? this.settings.url,
      connectionTimeoutMillis: 2_000,
      application_name: 'easel-listen',
      keepAlive: true,
    });
    const lost = () => this.reconnect(client);
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ payload }) => this.hear(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.client = client;
    } catch {
      lost();
    }
  }

  private reconnect(client: pg.Client): void {
    if (this.client === client) this.client = null;
    if (this.stopped || this.reconnecting) return;
    this.reconnecting = setTimeout(() => {
      this.reconnecting = undefined;
      void this.connect();
    }, RECONNECT_MS);
    this.reconnecting.unref();
  }

  private hear(payload: string): void {
    for (const signal of payload.split(',') as Signal[]) {
      for (const listener of this.listeners.get(signal) ?? []) listener();
    }
  }
}
