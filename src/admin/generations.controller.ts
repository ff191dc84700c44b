import { Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { notFound } from '../common/domain-error.js';
import { OperatorReader } from '../relay/index.js';
import { AdminApi } from './admin-api.decorator.js';
import { DtoPipe } from './dto.pipe.js';
import { toGenerationDetailDto, toGenerationDto } from './generation.mapper.js';
import {
  GenerationDetailDto,
  AdminGenerationListDto,
  GenerationQueryDto,
} from './generations.dto.js';

@AdminApi()
export class GenerationsController {
  constructor(private readonly generations: OperatorReader) {}

  @Get('generations')
  @ApiOperation({ operationId: 'listGenerations', summary: 'List generations of every account' })
  @ApiOkResponse({ type: AdminGenerationListDto })
  async list(@Query(new DtoPipe()) query: GenerationQueryDto): Promise<AdminGenerationListDto> {
    const found = await this.generations.list(query);
    const next = found.length === query.limit ? (found.at(-1)?.id ?? null) : null;
    return { data: found.map(toGenerationDto), next };
  }

  @Get('generations/:id')
  @ApiOperation({
    operationId: 'getGeneration',
    summary: 'Get a generation with its attempts and receipt',
  })
  @ApiOkResponse({ type: GenerationDetailDto })
  async get(@Param('id') id: string): Promise<GenerationDetailDto> {
    const found = await this.generations.find(id);
    if (!found) throw notFound('generation');
    return toGenerationDetailDto(found.generation, found.attempts);
  }
}
