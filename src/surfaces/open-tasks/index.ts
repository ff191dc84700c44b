export { OpenTasksErrorFilter } from './open-tasks-error.filter.js';
export { OpenTasksSurfaceModule } from './open-tasks.module.js';
export { PREFIX } from './prefix.js';
