import { DomainError } from '../../common/domain-error.js';

/** Of JSON-RPC 2.0. */
export const PARSE_ERROR = -32_700;
export const INVALID_REQUEST = -32_600;
export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;

export type MessageId = string | number;

/** A message that is not handed on: its fault in the protocol's numbers, and the id it is told under. */
export class MessageRefusal extends DomainError {
  constructor(
    readonly rpcCode: number,
    message: string,
    readonly id: MessageId | null = null,
    param?: string,
  ) {
    super('invalid_value', message, { param });
  }
}
