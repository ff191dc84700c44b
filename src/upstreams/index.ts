export { UpstreamSlot } from './upstream-slot.js';
export { UpstreamsModule } from './upstreams.module.js';
export {
  type RouteMode,
  type RouteRequest,
  UpstreamsService,
  type UpstreamView,
} from './upstreams.service.js';
