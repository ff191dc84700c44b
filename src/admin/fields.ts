import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Length, Max, Min, ValidateBy } from 'class-validator';
import { parseCredits } from '../common/credits.js';
import { isId } from '../common/ids.js';
import { isStorableText } from '../common/text.js';

const AMOUNT_RULE =
  'must be a number of credits greater than 0, with at most three decimals, up to 9007199254740.991';

/**
 * A sum of credits in a body: a JSON number outside, thousandths (`bigint`)
 * inside. What cannot be read exactly is refused, not rounded.
 */
export function IsAmount(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: 'number', minimum: 0.001, multipleOf: 0.001, example: 100 }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'number' ? parseCredits(value) : null,
    ),
    ValidateBy({
      name: 'isAmount',
      validator: {
        validate: (value: unknown) => typeof value === 'bigint' && value > 0n,
        defaultMessage: (args) => `${args?.property} ${AMOUNT_RULE}`,
      },
    }),
  );
}

/** Text for people or a key of the operator's own books. */
export function IsText(maxLength: number, example: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: 'string', minLength: 1, maxLength, example }),
    IsString(),
    Length(1, maxLength),
  );
}

/** A name to search for. A query is no strict JSON, so it may hold what PostgreSQL refuses. */
export function IsNameFilter(description: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: 'string', maxLength: 200, description, required: false }),
    IsOptional(),
    IsString(),
    Length(1, 200),
    ValidateBy({
      name: 'isStorable',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && isStorableText(value),
        defaultMessage: (args) =>
          `${args?.property} must hold neither U+0000 nor unpaired surrogates`,
      },
    }),
  );
}

/** An id to search for. */
export function IsIdFilter(description: string): PropertyDecorator {
  return applyDecorators(
    ApiProperty({ type: 'string', format: 'uuid', description, required: false }),
    IsOptional(),
    ValidateBy({
      name: 'isId',
      validator: {
        validate: isId,
        defaultMessage: (args) => `${args?.property} must be an id`,
      },
    }),
  );
}

/** A whole number in a query, which arrives as text. */
export function IsCount(min: number, max: number, fallback?: number): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'integer',
      minimum: min,
      maximum: max,
      default: fallback,
      required: false,
    }),
    IsOptional(),
    Transform(({ value }: { value: unknown }) => toWhole(value)),
    IsInt(),
    Min(min),
    Max(max),
  );
}

/** Only plain digits: `1e3`, ` 5`, `0x10` and an empty text are no counts. */
function toWhole(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]{0,10}(?:Z|[+-]\d\d:\d\d)$/;

/** A moment with its zone: a time that each server reads in its own zone expires at a surprise. */
export function IsMoment(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'string',
      format: 'date-time',
      nullable: true,
      required: false,
      example: '2030-01-01T00:00:00Z',
    }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && MOMENT.test(value) ? new Date(value) : value,
    ),
    ValidateBy({
      name: 'isMoment',
      validator: {
        validate: (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime()),
        defaultMessage: (args) =>
          `${args?.property} must be a date and time with its zone, as 2030-01-01T00:00:00Z`,
      },
    }),
  );
}
