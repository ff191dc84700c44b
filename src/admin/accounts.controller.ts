import { Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AccountsService, PasswordHasher } from '../accounts/index.js';
import { CreditsService } from '../credits/index.js';
import { UnitOfWork } from '../database/index.js';
import { AccountDto, AccountListDto, CreateAccountDto, PatchAccountDto } from './accounts.dto.js';
import { AccountPasswords } from './account-passwords.service.js';
import { AdminApi } from './admin-api.decorator.js';
import { AdminBody } from './admin-body.decorator.js';
import { DtoPipe } from './dto.pipe.js';
import { NO_CREDITS, toAccountDto } from './mapper.js';
import { PageQueryDto } from './page.dto.js';

@AdminApi()
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly credits: CreditsService,
    private readonly passwords: PasswordHasher,
    private readonly unitOfWork: UnitOfWork,
    private readonly accountPasswords: AccountPasswords,
  ) {}

  /** Account and credit account in one transaction: neither must exist without the other. */
  @Post('accounts')
  @ApiOperation({ operationId: 'createAccount', summary: 'Create an account' })
  @ApiBody({ type: CreateAccountDto })
  @ApiCreatedResponse({ type: AccountDto })
  async create(@AdminBody() body: CreateAccountDto): Promise<AccountDto> {
    const { email, plan, password } = body;
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    const account = await this.unitOfWork.run(async (tx) => {
      const created = await this.accounts.create(tx, { email, plan, passwordHash });
      await this.credits.openAccount(tx, created.id);
      return created;
    });
    return toAccountDto(account, NO_CREDITS);
  }

  @Get('accounts')
  @ApiOperation({ operationId: 'listAccounts', summary: 'List accounts, oldest first' })
  @ApiOkResponse({ type: AccountListDto })
  async list(@Query(new DtoPipe()) page: PageQueryDto): Promise<AccountListDto> {
    const { accounts, total } = await this.accounts.list(page);
    const balances = await this.credits.balances(accounts.map(({ id }) => id));
    const data = accounts.map((account) =>
      toAccountDto(account, balances.get(account.id) ?? NO_CREDITS),
    );
    return { data, total, limit: page.limit, offset: page.offset };
  }

  @Get('accounts/:id')
  @ApiOperation({ operationId: 'getAccount', summary: 'Get an account with its credits' })
  @ApiOkResponse({ type: AccountDto })
  async get(@Param('id') id: string): Promise<AccountDto> {
    const account = await this.accounts.getOrThrow(id);
    return toAccountDto(account, await this.credits.balance(id));
  }

  @Patch('accounts/:id')
  @ApiOperation({
    operationId: 'patchAccount',
    summary: 'Change plan, status, price factor or password',
    description: 'What is accepted after the answer has seen the change, on every node.',
  })
  @ApiBody({ type: PatchAccountDto })
  @ApiOkResponse({ type: AccountDto })
  async patch(@Param('id') id: string, @AdminBody() body: PatchAccountDto): Promise<AccountDto> {
    const { password, ...change } = body;
    if (password !== undefined) await this.accountPasswords.set(id, password);
    const account = await this.accounts.patch(id, change);
    return toAccountDto(account, await this.credits.balance(id));
  }
}
