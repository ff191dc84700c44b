import { Reflector } from '@nestjs/core';
import type { Scope } from './caller.js';

/** The scope a route needs, e.g. `@RequireScope('images.create')`; `ApiKeyGuard` enforces it. */
export const RequireScope = Reflector.createDecorator<Scope>();
