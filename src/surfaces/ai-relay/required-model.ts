import { DomainError } from '../../common/domain-error.js';
import type { LenientFields } from '../../surface-kit/index.js';

/** @throws DomainError `missing_required_parameter`, `invalid_value` */
export function requiredModel(fields: LenientFields): string {
  const model = fields.name('model');
  if (model !== undefined) return model;
  throw new DomainError('missing_required_parameter', "'model' is required.", { param: 'model' });
}
