import { Module } from '@nestjs/common';
import { ProvidersModule } from '../providers/index.js';
import { UpstreamLoader } from './upstream-loader.js';
import { UpstreamsService } from './upstreams.service.js';

@Module({
  imports: [ProvidersModule],
  providers: [UpstreamLoader, UpstreamsService],
  exports: [UpstreamsService],
})
export class UpstreamsModule {}
