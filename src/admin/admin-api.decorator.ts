import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AdminGuard } from './admin.guard.js';
import { ProblemDto } from './problem.dto.js';

const FAILURES: Readonly<Record<number, string>> = {
  400: 'Something in the request is wrong; `problems` names everything.',
  401: 'Missing or invalid admin key.',
  404: 'No such thing.',
  409: 'It contradicts what is there.',
  413: 'The body is too large.',
  415: 'The body is not JSON in UTF-8.',
  429: 'Too many wrong admin keys.',
  503: 'The database does not answer.',
};

/** A controller below `/admin/v1` that only the operator reaches, with the failures all of them share. */
export function AdminApi(): ClassDecorator {
  return applyDecorators(
    Controller('admin/v1'),
    UseGuards(AdminGuard),
    ApiTags('admin'),
    ApiBearerAuth('admin'),
    ApiExtraModels(ProblemDto),
    ...Object.entries(FAILURES).map(([status, description]) =>
      ApiResponse({
        status: Number(status),
        description,
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } },
        },
      }),
    ),
  );
}
