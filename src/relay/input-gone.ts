import { DomainError } from '../common/domain-error.js';

/** SQLSTATE no_data_found, as `generation_inputs_attach` raises it. */
export function isInputGone(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'P0002';
}

export function inputGone(cause: unknown): DomainError {
  return new DomainError('image_removed', 'An image to be edited was deleted meanwhile.', {
    cause,
  });
}
