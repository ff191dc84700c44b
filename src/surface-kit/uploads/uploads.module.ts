import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { StorageModule } from '../../storage/index.js';
import { EditUploads } from './edit-uploads.service.js';

/** Reading of input images, for surfaces that edit; apart, so that the others need no storage. */
@Module({
  imports: [AdmissionModule, StorageModule],
  providers: [EditUploads],
  exports: [EditUploads],
})
export class UploadsModule {}
