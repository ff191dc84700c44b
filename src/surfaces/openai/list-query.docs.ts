import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { LIST_LIMIT, LIST_STATUSES } from './list-query.js';

/** Documents the query of `GET /v1/images`. */
export function ApiListQuery(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: LIST_LIMIT.max, default: LIST_LIMIT.usual },
      description: 'Generations on a page.',
    }),
    ApiQuery({
      name: 'cursor',
      required: false,
      description: 'next_cursor of the page before; after is another name for it.',
    }),
    ApiQuery({ name: 'status', required: false, enum: LIST_STATUSES, description: 'Only those.' }),
    ApiQuery({
      name: 'model',
      required: false,
      description: 'Only those of this model, by its name in the catalog.',
      example: 'gpt-image-2',
    }),
  );
}
