export { ADMIN_KEY_SETTING } from './admin-authenticator.js';
export { AdminModule } from './admin.module.js';
