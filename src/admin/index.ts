export { ADMIN_KEY_SETTING, AdminAuthenticator } from './admin-authenticator.js';
export { AdminModule } from './admin.module.js';
export { MetricsController } from './metrics.controller.js';
