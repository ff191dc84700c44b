import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** One of several things wrong with a request. */
export class ProblemItemDto {
  @ApiProperty({ description: 'The field, or a JSON pointer into a document.', example: 'amount' })
  param: string;

  @ApiProperty({ example: 'amount must be greater than 0.' })
  message: string;
}

/** RFC 9457, `application/problem+json`: every failure of the admin API. */
export class ProblemDto {
  @ApiProperty({ example: 'urn:easel:problem:invalid_value' })
  type: string;

  @ApiProperty({ example: 'Invalid value' })
  title: string;

  @ApiProperty({ type: 'integer', example: 400 })
  status: number;

  @ApiProperty({ example: 'There is no field balance.' })
  detail: string;

  @ApiProperty({ description: 'Stable; match on this.', example: 'invalid_value' })
  code: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'balance' })
  param: string | null;

  @ApiProperty({ type: 'string', nullable: true })
  request_id: string | null;

  @ApiPropertyOptional({ type: [ProblemItemDto] })
  problems?: ProblemItemDto[];
}
