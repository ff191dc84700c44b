import { Module } from '@nestjs/common';
import { RelayModule } from '../../relay/index.js';
import { StorageModule } from '../../storage/index.js';
import { ImageSender } from './image-sender.service.js';
import { ImageStream } from './image-stream.service.js';
import { OpenAiHeadersInterceptor } from './open-ai-headers.interceptor.js';

/** How images are answered in OpenAI's words, for every surface that speaks them. */
@Module({
  imports: [RelayModule, StorageModule],
  providers: [ImageSender, ImageStream, OpenAiHeadersInterceptor],
  exports: [ImageSender, ImageStream, OpenAiHeadersInterceptor],
})
export class OpenAiWireModule {}
