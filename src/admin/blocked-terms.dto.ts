import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString, Length, ValidateBy } from 'class-validator';
import { fold } from '../admission/index.js';

const MAX_TERMS = 10_000;
const MAX_TERM = 100;
const MAX_CHARACTERS = 200_000;

const TERMS = {
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: MAX_TERM },
  maxItems: MAX_TERMS,
  description:
    'Words or phrases of 1 to 100 characters, 200,000 in all. Case, width, accents composed or ' +
    'not, invisible characters and white space make no difference. In scripts that separate words ' +
    'a term is found as a word of its own, in Chinese, Japanese, Korean, Thai and the like anywhere.',
  example: ['forbidden phrase'],
} satisfies ApiPropertyOptions;

export class BlockedTermsDto {
  @ApiProperty(TERMS)
  terms: readonly string[];

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, description: 'Null: never.' })
  changedAt: string | null;

  @ApiProperty({
    description: 'Whether the list is this account’s own. False: that for everybody.',
  })
  own: boolean;
}

export class PutBlockedTermsDto {
  @ApiProperty(TERMS)
  @IsArray()
  @ArrayMaxSize(MAX_TERMS)
  @IsString({ each: true })
  @Length(1, MAX_TERM, { each: true })
  @ValidateBy({
    name: 'isFindable',
    validator: {
      validate: (terms: unknown) =>
        !Array.isArray(terms) ||
        terms.every((term) => typeof term !== 'string' || fold(term) !== ''),
      defaultMessage: () => 'terms must not hold one of blanks or invisible characters only',
    },
  })
  @ValidateBy({
    name: 'isShortInAll',
    validator: {
      validate: (terms: unknown) =>
        !Array.isArray(terms) || terms.join('').length <= MAX_CHARACTERS,
      defaultMessage: () => `terms must have at most ${MAX_CHARACTERS} characters in all`,
    },
  })
  terms: string[];
}
