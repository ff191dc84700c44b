import { plainToInstance, Transform, Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateIf,
  validateSync,
} from 'class-validator';

const POSTGRES_URL = {
  protocols: ['postgres', 'postgresql'],
  require_protocol: true,
  require_tld: false,
};

/**
 * Every environment variable the platform reads, with its default (design §7).
 * It is the only place that touches `process.env`; the rest injects `Env`.
 * An empty value counts as not set, as in a Compose file.
 */
export class Env {
  @IsString()
  readonly HOST: string = '127.0.0.1';

  @IsInt()
  @Min(0)
  @Max(65_535)
  @Type(() => Number)
  readonly PORT: number = 3000;

  /** Origin of the links handed out; without it, the request's own. */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  readonly PUBLIC_URL?: string;

  @IsString()
  readonly DATA_DIR: string = './data';

  @IsOptional()
  @IsUrl(POSTGRES_URL)
  readonly DATABASE_URL?: string;

  /** For migrations and LISTEN when DATABASE_URL is a pooler; may name the owner role. */
  @IsOptional()
  @IsUrl(POSTGRES_URL)
  readonly DATABASE_DIRECT_URL?: string;

  @IsIn(['local', 's3'])
  readonly STORAGE_DRIVER: 'local' | 's3' = 'local';

  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  readonly S3_ENDPOINT?: string;

  @IsString()
  readonly S3_REGION: string = 'us-east-1';

  @ValidateIf((env: Env) => env.STORAGE_DRIVER === 's3')
  @IsString()
  readonly S3_BUCKET?: string;

  @IsOptional()
  @IsString()
  readonly S3_ACCESS_KEY_ID?: string;

  @IsOptional()
  @IsString()
  readonly S3_SECRET_ACCESS_KEY?: string;

  @IsIn([true, false], { message: 'must be true or false' })
  @Flag()
  readonly S3_FORCE_PATH_STYLE: boolean = false;

  @IsOptional()
  @IsString()
  @MinLength(16)
  readonly ADMIN_API_KEY?: string;

  @IsOptional()
  @Matches(/^[^@\s]+@[^@\s]+$/, { message: 'must be an e-mail address' })
  readonly ADMIN_EMAIL?: string;

  @IsOptional()
  @MinLength(10)
  readonly ADMIN_PASSWORD?: string;

  /** 32 bytes or more, any text: encrypts upstream keys, derives session keys. */
  @ValidateIf((env: Env) => env.DATABASE_URL !== undefined || env.MASTER_KEY !== undefined)
  @MinLength(32, { message: 'must be at least 32 characters; required with DATABASE_URL' })
  readonly MASTER_KEY?: string;

  /** Set explicitly, it pins the catalog: the admin API then answers 409 to a change. */
  @IsOptional()
  @IsString()
  readonly CATALOG_FILE?: string;

  @IsOptional()
  @IsString()
  readonly UPSTREAMS_FILE?: string;

  @IsIn(['all', 'api', 'worker'])
  readonly ROLE: 'all' | 'api' | 'worker' = 'all';

  @IsInt()
  @Min(1)
  @Max(256)
  @Type(() => Number)
  readonly PROCESSES: number = 1;

  @IsInt()
  @Min(1)
  @Type(() => Number)
  readonly ANSWER_DEADLINE_SECONDS: number = 280;

  /** Caps the catalog's own deadline only when set explicitly, hence optional. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Type(() => Number)
  readonly WORK_DEADLINE_SECONDS?: number;

  /** Life of a private link; 0 means for ever. */
  @IsInt()
  @Min(0)
  @Type(() => Number)
  readonly LINK_TTL_SECONDS: number = 0;

  @IsIn([true, false], { message: 'must be true or false' })
  @Flag()
  readonly ALLOW_HTTP_FETCH: boolean = false;

  /** Comma-separated CIDRs of proxies whose forwarding headers count. */
  @IsOptional()
  @IsString()
  readonly TRUST_PROXY?: string;

  @IsInt()
  @Min(0)
  @Type(() => Number)
  readonly SHUTDOWN_GRACE_SECONDS: number = 30;

  /** Comma-separated origins; `*` for any. Credentials are never allowed. */
  @IsString()
  readonly CORS_ORIGINS: string = '*';

  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  readonly LOG_LEVEL: string = 'info';
}

function Flag(): PropertyDecorator {
  const words = new Map<unknown, boolean>([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]);
  return Transform(({ value }) => (words.has(value) ? words.get(value) : (value as unknown)));
}

/** Fails at start-up and names every bad variable. Values stay out: they may be secrets. */
export function loadEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const env = plainToInstance(Env, given, { exposeDefaultValues: true });
  const problems = validateSync(env).map(({ property, constraints }) => {
    return `${property}: ${Object.values(constraints ?? {}).join(', ')}`;
  });
  if (problems.length > 0) {
    throw new Error(`Invalid environment:\n  ${problems.join('\n  ')}`);
  }
  return Object.freeze(env);
}
