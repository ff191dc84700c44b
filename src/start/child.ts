import 'reflect-metadata';
import cluster from 'node:cluster';
import type { Server } from 'node:http';
import type { ConnectionSettings } from '../database/index.js';
import { EnvSecrets, loadEnv } from '../config/index.js';
import { stopOnSignals } from '../http-server/shutdown.js';
import { DrainService } from '../observability/drain.service.js';
import { configureLogs, flushLogs } from '../observability/logger.js';
import { ownMetrics, shareMetrics } from '../observability/metrics.js';
import type { ToChild, ToPrimary } from './messages.js';
import { presenceOf, serve } from './serve.js';

/** One of the processes of a start with `PROCESSES` above 1; the primary says what it needs. */
class Child {
  private readonly scrapes = new Map<number, (text: string) => void>();
  private drain: DrainService | null = null;
  private server: Server | null = null;
  private ask: ((reason: string) => void) | null = null;
  private stopWanted: string | null = null;

  listen(): void {
    process.on('message', (message: ToChild) => void this.hear(message));
    // Without the mark Node ends the process at once, with all it has in flight.
    cluster.worker!.on('disconnect', () => {
      if (this.server) cluster.worker!.exitedAfterDisconnect = true;
      // The port is for the next start, which may come at once.
      this.server?.close();
      this.stop('the primary process is gone');
    });
    tell({ kind: 'here' });
  }

  private async hear(message: ToChild): Promise<void> {
    switch (message.kind) {
      case 'serve':
        return this.serve(message.name, message.connection);
      case 'stop':
        return this.stop('the primary process stops');
      case 'probed':
        return this.drain?.noteProbeElsewhere();
      case 'sample':
        return tell({ kind: 'sampled', id: message.id, text: await ownMetrics() });
      case 'scraped':
        this.scrapes.get(message.id)?.(message.text);
        this.scrapes.delete(message.id);
    }
  }

  private async serve(name: string, connection: ConnectionSettings): Promise<void> {
    try {
      const env = loadEnv(process.env);
      configureLogs(env.LOG_LEVEL);
      shareMetrics(name, () => this.scrape());
      const serving = await serve({ env, secrets: new EnvSecrets(process.env), connection });
      const { app, server, close } = serving;
      const drain = app.get(DrainService);
      drain.onProbe(() => tell({ kind: 'probed' }));
      this.drain = drain;
      this.server = server;
      this.ask = stopOnSignals(env, { drain, cut: () => server.closeAllConnections(), close });
      tell({ kind: 'serving', presence: presenceOf(serving, env) });
      if (this.stopWanted !== null) this.ask(this.stopWanted);
    } catch (error) {
      flushLogs();
      tell({ kind: 'failed', reason: (error as Error).message }, () => process.exit(1));
    }
  }

  /** While it still starts, the wish waits until there is something to stop. */
  private stop(reason: string): void {
    this.stopWanted = reason;
    this.ask?.(reason);
  }

  private scrape(): Promise<string> {
    if (!process.connected) return ownMetrics();
    const id = (lastScrape += 1);
    return new Promise((resolve) => {
      this.scrapes.set(id, resolve);
      tell({ kind: 'scrape', id });
    });
  }
}

let lastScrape = 0;

/** The primary may be gone; then there is nobody to tell. */
function tell(message: ToPrimary, then: () => void = () => undefined): void {
  if (process.connected) process.send!(message, undefined, undefined, then);
  else then();
}

new Child().listen();
