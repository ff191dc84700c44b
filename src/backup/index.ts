export {
  findMasterKey,
  refuseOtherKey,
  type StagedKey,
  stageMasterKey,
} from './kept-master-key.js';
export { checkImages, type ImageCheck } from './missing-images.js';
export { inGroups, megabytes } from './progress.js';
export { type BackupContents, readBackup } from './read-backup.js';
export { restoreBackup, type RestoreRequest } from './restore-backup.js';
export { type BackupReport, type BackupRequest, writeBackup } from './write-backup.js';
