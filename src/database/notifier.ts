import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import pg from 'pg';
import { CONNECTION_SETTINGS } from './database.js';
import type { ConnectionSettings } from './pool.js';

/**
 * `work`: something is pending, or somebody new is there to do it; `ended`: a generation others may
 * wait for; `change`: a version rose; `seen`, about `A:B`: worker B has noticed the new worker A;
 * `asked`, about a generation: somebody wants to know what became of its task.
 */
export type Signal = 'work' | 'ended' | 'change' | 'seen' | 'asked';
type Listener = (about?: string) => void;

const CHANNEL = 'easel';
/** A process sends at most one NOTIFY in this time, whatever happened meanwhile. */
const COALESCE_MS = 20;
/** The longest is 79 bytes with its comma, and a payload may have 8,000. */
const MAX_PARTS = 100;
const RECONNECT_MS = 1_000;

/**
 * Hastens what polling would find anyway. Always outside transactions that move
 * money and on a connection of its own: a NOTIFY inside a transaction makes all
 * commits of the database queue for one lock. Losing a signal costs one poll.
 */
@Injectable()
export class Notifier implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly listeners = new Map<Signal, Listener[]>();
  private readonly due = new Set<string>();
  private client: pg.Client | null = null;
  private sending: NodeJS.Timeout | undefined;
  private reconnecting: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(@Inject(CONNECTION_SETTINGS) private readonly settings: ConnectionSettings) {}

  on(signal: Signal, listener: Listener): void {
    this.listeners.set(signal, [...(this.listeners.get(signal) ?? []), listener]);
  }

  /**
   * Call after the commit. Reaches this process too.
   *
   * @param about without blanks and commas
   */
  tell(signal: Signal, about = ''): void {
    this.due.add(`${signal} ${about}`.trim());
    this.sending ??= setTimeout(() => this.send(), COALESCE_MS).unref();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.sending);
    clearTimeout(this.reconnecting);
    await this.client?.end().catch(() => undefined);
  }

  private send(): void {
    const parts = [...this.due].slice(0, MAX_PARTS);
    for (const part of parts) this.due.delete(part);
    const isMore = this.due.size > 0;
    this.sending = isMore ? setTimeout(() => this.send(), COALESCE_MS).unref() : undefined;
    const payload = parts.join(',');
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
    for (const part of payload.split(',')) {
      const [signal, about] = part.split(' ');
      for (const listener of this.listeners.get(signal as Signal) ?? []) listener(about);
    }
  }
}
