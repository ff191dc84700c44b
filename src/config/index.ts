export { ConfigModule } from './config.module.js';
export { Env, loadEnv } from './env.js';
export { EnvSecrets } from './env-secrets.js';
