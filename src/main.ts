import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { Env, EnvSecrets, loadEnv } from './config/index.js';
import { APP_OPTIONS, configureApp, createHttpAdapter, stopOnSignals } from './configure-app.js';
import { Database } from './database/index.js';
import { configureLogs, flushLogs } from './observability/logger.js';
import { setUpDocs } from './openapi/index.js';
import { announce } from './start/announce.js';
import { connect } from './start/connect.js';
import { firstStart } from './start/first-start.js';
import { masterKey } from './start/master-key.js';
import { checkPort } from './start/port.js';

const startedAt = performance.now();

/** For people at a terminal or reading a service's journal; the log proper is JSON. */
function say(message: string): void {
  process.stdout.write(`${message}\n`);
}

async function main(): Promise<void> {
  const env = loadEnv(process.env);
  refuseWhatIsNotThere(env);
  configureLogs(env.LOG_LEVEL);
  await checkPort(env.HOST, env.PORT);
  const { settings, embedded } = await connect(env, say);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({ env, secrets: new EnvSecrets(process.env), connection: settings }),
    createHttpAdapter(),
    APP_OPTIONS,
  );
  configureApp(app, env);
  setUpDocs(app);
  await masterKey(env, app.get(Database));
  await app.init();
  const credentials = await firstStart(app);
  stopOnSignals(app, env, async () => {
    await app.close();
    await embedded?.stop();
  });
  await app.listen(env.PORT, env.HOST);
  announce({ app, env, credentials, embedded: embedded !== null, startedAt, say });
}

/** Better no start than one that quietly does less than it was told. */
function refuseWhatIsNotThere({ PROCESSES, ROLE }: Env): void {
  if (PROCESSES > 1) {
    throw new Error('PROCESSES above 1 is not there yet: start several instances on one database.');
  }
  if (ROLE === 'worker') {
    throw new Error('ROLE=worker is not there yet: run ROLE=all, or api beside it.');
  }
}

main().catch((error: unknown) => {
  flushLogs();
  process.stderr.write(`\nEasel did not start: ${(error as Error).message}\n`);
  process.exit(1);
});
