import { Module } from '@nestjs/common';
import { AdmissionModule } from '../../admission/index.js';
import { CreditsModule } from '../../credits/index.js';
import { ModelsModule } from '../../models/index.js';
import { RelayModule } from '../../relay/index.js';
import { StorageModule } from '../../storage/index.js';
import { EditAdmission } from './edit-admission.service.js';
import { EditUploads } from './edit-uploads.service.js';

/** Reading of input images, for surfaces that edit; apart, so that the others need no storage. */
@Module({
  imports: [AdmissionModule, CreditsModule, ModelsModule, RelayModule, StorageModule],
  providers: [EditAdmission, EditUploads],
  exports: [EditAdmission, EditUploads],
})
export class UploadsModule {}
