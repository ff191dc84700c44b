import { Get, Param, Put } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam } from '@nestjs/swagger';
import { PLAN_NAMES, type PlanName, PlansService } from '../accounts/index.js';
import { notFound } from '../common/domain-error.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { PlanDto, PlanListDto, PutPlanDto } from './plans.dto.js';

/** What the accounts of each plan may use; both plans ship without a limit. */
@AdminApi()
export class PlansController {
  constructor(private readonly plans: PlansService) {}

  @Get('plans')
  @ApiOperation({ operationId: 'listPlans', summary: 'List plans with their limits' })
  @ApiOkResponse({ type: PlanListDto })
  list(): PlanListDto {
    return { data: PLAN_NAMES.map((name) => this.view(name)) };
  }

  @Put('plans/:name')
  @ApiOperation({
    operationId: 'replacePlan',
    summary: 'Set the limits of a plan',
    description: 'In force on every node within a second. Limits of a key can only be narrower.',
  })
  @ApiParam({ name: 'name', enum: PLAN_NAMES })
  @ApiBody({ type: PutPlanDto })
  @ApiOkResponse({ type: PlanDto })
  async replace(@Param('name') name: string, @AdminBody() dto: PutPlanDto): Promise<PlanDto> {
    const plan = PLAN_NAMES.find((known) => known === name);
    if (!plan) throw notFound('plan');
    await this.plans.set(plan, dto.limits);
    return this.view(plan);
  }

  private view(name: PlanName): PlanDto {
    return { name, limits: this.plans.limitsOf(name) };
  }
}
