import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { logger } from '../observability/logger.js';
import { Database } from './database.js';
import { Notifier } from './notifier.js';
import { isOutage } from './outage.js';
import type { Tx } from './unit-of-work.js';

export type Topic =
  | 'catalog'
  | 'upstreams'
  | 'api_keys'
  | 'accounts'
  | 'blocked_terms'
  | 'ip_blocks'
  | 'blocked_hashes';

const POLL_MS = 500;

/**
 * Tells every node within half a second that something it caches has changed
 * (design §2): writers raise a topic's version in their own transaction, nodes
 * poll the few rows.
 */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = logger('change-feed');
  private readonly listeners = new Map<Topic, (() => void | Promise<void>)[]>();
  private readonly seen = new Map<Topic, bigint>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: Database,
    private readonly notifier: Notifier,
  ) {}

  onChange(topic: Topic, listener: () => void | Promise<void>): void {
    this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  async bump(tx: Tx, topic: Topic): Promise<void> {
    await tx.query({
      name: 'change_bump',
      text: 'UPDATE change_versions SET version = version + 1 WHERE topic = $1',
      values: [topic],
    });
    // Most transactions have committed by the time this is sent; the poll finds the others.
    this.notifier.tell('change');
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.poll();
    this.notifier.on('change', () => void this.poll().catch(() => undefined));
    this.schedule();
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Reads the versions once and calls the listeners of those that rose. */
  async poll(): Promise<void> {
    const rows = await this.database.query<{ topic: Topic; version: bigint }>({
      name: 'change_poll',
      text: 'SELECT topic, version FROM change_versions',
    });
    for (const { topic, version } of rows) {
      const before = this.seen.get(topic);
      this.seen.set(topic, version);
      if (before !== version) await this.notify(topic);
    }
  }

  private async notify(topic: Topic): Promise<void> {
    for (const listener of this.listeners.get(topic) ?? []) {
      try {
        await listener();
      } catch (error) {
        this.seen.delete(topic);
        if (!isOutage(error)) this.log.error('a reload failed', { err: error, topic });
      }
    }
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.poll()
        .catch((error: unknown) => {
          if (!isOutage(error)) this.log.error('polling for changes failed', { err: error });
        })
        .finally(() => this.schedule());
    }, POLL_MS);
    this.timer.unref();
  }
}
