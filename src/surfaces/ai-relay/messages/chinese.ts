import type { DomainErrorCode } from '../../../common/domain-error.js';
import type { SurfaceFailure } from '../../../surface-kit/index.js';

/** Enough to choose from; a whole catalog would be no message. */
const MAX_ACCEPTED = 20;

/** Texts that say more than their code. */
const TEXTS: Readonly<Partial<Record<string, string>>> = {
  'The image was removed by the operator.': '图片已被运营方移除。',
};

/** What is known of a failure, in Chinese. A `Record`: a code without a text does not compile. */
export const CHINESE: Readonly<Record<DomainErrorCode, (failure: SurfaceFailure) => string>> = {
  invalid_value: (failure) => `${subjectOf(failure)}无效。${hintOf(failure)}`,
  missing_required_parameter: ({ param }) => `缺少必填参数 ${param}。`,
  content_policy_violation: () => '请求内容不符合内容政策，未扣除积分。',
  invalid_api_key: () => 'API Key 缺失或无效。',
  insufficient_credits: () => '积分不足，未扣除积分。',
  insufficient_scope: () => '该 API Key 没有此操作的权限。',
  model_not_allowed: () => '该 API Key 不能使用此模型。',
  ip_not_allowed: () => '不允许从当前 IP 地址调用。',
  origin_not_allowed: () => '不允许从该网页来源调用。',
  paid_account_required: () => '此操作需要付费账户。',
  not_found: ({ param }) => (param === 'logId' ? '任务不存在。' : '请求的资源不存在。'),
  model_not_found: (failure) => `模型不存在或已下线。${hintOf(failure)}`,
  method_not_allowed: () => '该接口不支持此请求方法。',
  image_removed: ({ message }) => TEXTS[message] ?? '图片已被删除。',
  conflict: () => '任务已取消。',
  idempotency_in_progress: () => '使用该 Idempotency-Key 的请求仍在处理中。',
  price_changed: () => '所需积分超过 x-max-credits 的上限，未扣除积分。',
  request_too_large: ({ param }) => (param ? `参数 ${param} 过大。` : '请求体过大。'),
  unsupported_media_type: () =>
    '请求体必须是未压缩的 UTF-8 JSON（Content-Type: application/json）。',
  idempotency_key_reused: () => '该 Idempotency-Key 已用于另一个请求。',
  rate_limit_exceeded: (failure) => `请求过于频繁${limitOf(failure, '每分钟', '次请求')}。`,
  concurrency_limit_exceeded: (failure) => `并发请求过多${limitOf(failure, '同时', '个任务')}。`,
  quota_exceeded: (failure) => `已达到限额（${failure.param}）${limitOf(failure, '', '')}。`,
  internal_error: () => '服务器内部错误，已记录。',
  upstream_unavailable: () => 'AI 服务调用失败，未扣除积分。',
  upstream_invalid_response: () => 'AI 服务未返回可用的图片，未扣除积分。',
  model_unavailable: () => '该模型暂时不可用。',
  storage_unavailable: () => '图片暂时无法存取。',
  database_unavailable: () => '服务暂时不可用，请稍后重试。',
  draining: () => '服务器正在重启，请稍后重试。',
  generation_timeout: () => '生成超时，未扣除积分。',
  generation_in_progress: ({ generationId }) =>
    `图片仍在生成中，请稍后按任务 ID ${generationId} 查询。`,
};

function subjectOf({ param }: SurfaceFailure): string {
  return param === null ? '请求' : `参数 ${param} `;
}

/** Without values to choose from, the exact reason is only known in English. */
function hintOf({ accepted, nearest, message }: SurfaceFailure): string {
  if (accepted.length === 0) return `（${message}）`;
  const named = accepted.slice(0, MAX_ACCEPTED).join('、');
  return `可用值：${named}。${nearest === null ? '' : `最接近的值：${nearest}。`}`;
}

function limitOf({ limit }: SurfaceFailure, before: string, unit: string): string {
  return limit === null ? '' : `，${before}最多 ${limit} ${unit}`.trimEnd();
}
