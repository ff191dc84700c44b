import boundaries from 'eslint-plugin-boundaries';
import security from 'eslint-plugin-security';
import tseslint from 'typescript-eslint';

/** Who may import whom. The only copy of the rule; docs/architecture.md quotes it. */
const ALLOWED = {
  common: [],
  config: ['common'],
  observability: ['common', 'config'],
  database: ['common', 'config', 'observability'],
  egress: ['common', 'config'],
  audit: ['common', 'database'],
  accounts: ['common', 'database'],
  models: ['common', 'config', 'database'],
  credits: ['common', 'config', 'database'],
  storage: ['common', 'config', 'database', 'egress'],
  providers: ['common', 'config', 'egress'],
  upstreams: ['common', 'config', 'database', 'egress', 'models', 'providers'],
  'api-keys': ['common', 'config', 'database', 'accounts'],
  admission: ['common', 'config', 'database', 'accounts', 'api-keys', 'models'],
  relay: [
    'common',
    'config',
    'database',
    'egress',
    'models',
    'credits',
    'storage',
    'upstreams',
    'providers',
  ],
  moderation: ['common', 'database', 'audit', 'storage'],
  sessions: ['common', 'config', 'database', 'accounts'],
  'surface-kit': [
    'common',
    'config',
    'api-keys',
    'admission',
    'models',
    'credits',
    'storage',
    'relay',
  ],
  surface: [
    'common',
    'config',
    'surface-kit',
    'accounts',
    'api-keys',
    'admission',
    'models',
    'credits',
    'storage',
    'relay',
  ],
  pages: [
    'common',
    'config',
    'accounts',
    'models',
    'storage',
    'relay',
    'moderation',
    'sessions',
    'surface-kit',
  ],
  admin: [
    'common',
    'config',
    'observability',
    'database',
    'egress',
    'audit',
    'accounts',
    'models',
    'credits',
    'storage',
    'providers',
    'upstreams',
    'api-keys',
    'admission',
    'relay',
    'moderation',
    'sessions',
    'health',
  ],
  health: ['common', 'config', 'database', 'storage'],
  backup: ['common', 'config', 'database', 'storage'],
};

/** Importable by everything: logs and metrics have no opinion about layers. */
const EVERYWHERE = ['common', 'observability'];

/** The core is deaf to HTTP: these modules may not know Express, Swagger or HTTP exceptions. */
const CORE = [
  'common',
  'config',
  'database',
  'egress',
  'accounts',
  'models',
  'credits',
  'providers',
  'upstreams',
  'admission',
  'relay',
  'audit',
  'moderation',
];

const HTTP_FACTS = {
  paths: [
    { name: 'express', message: 'The core knows no HTTP.' },
    { name: '@nestjs/swagger', message: 'API documents belong to the edge.' },
    {
      name: '@nestjs/common',
      importNames: [
        'HttpException',
        'BadRequestException',
        'NotFoundException',
        'UnauthorizedException',
        'ForbiddenException',
        'ConflictException',
        'HttpStatus',
      ],
      message: 'Throw a DomainError; HTTP appears only at the edge.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/**', '.build-*/**', 'coverage/**', 'data/**', '**/*.mjs', '**/*.d.mts'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'migrations/**/*.ts', 'bench/**/*.ts'],
    plugins: { security },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      complexity: ['error', 10],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'security/detect-eval-with-expression': 'error',
      'security/detect-unsafe-regex': 'error',
      'security/detect-bidi-characters': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: ['src/credits/**/*.ts', 'src/models/**/*.ts', 'src/relay/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.name='parseFloat']",
          message: 'Money is bigint thousandths; see src/common/credits.ts.',
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: CORE.map((name) => `src/${name}/**/*.ts`),
    ignores: ['src/**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', HTTP_FACTS] },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.spec.ts'],
    plugins: { boundaries },
    settings: {
      'import/resolver': { typescript: { project: './tsconfig.json' } },
      'boundaries/elements-single-match': true,
      'boundaries/elements': [
        { type: 'surface', pattern: 'src/surfaces/*' },
        ...Object.keys(ALLOWED)
          .filter((name) => name !== 'surface')
          .map((type) => ({ type, pattern: `src/${type}` })),
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            ...Object.entries(ALLOWED).map(([from, to]) => ({
              from: { element: { type: from } },
              allow: { to: { element: { types: { anyOf: to }, fileInternalPath: 'index.ts' } } },
            })),
            // The kernel and the logs have no index: their files are imported by name.
            ...EVERYWHERE.map((type) => ({ allow: { to: { element: { type } } } })),
          ],
        },
      ],
    },
  },
);
