import { DEFINITIONS, EVERYTHING } from './definitions.js';

/** Swagger UI, from files of this server only; nothing inline, so its CSP needs no exception. */
export const DOCS_HTML = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Easel API</title>
  <link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/assets/index.css">
  <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="/docs/assets/swagger-ui-bundle.js"></script>
  <script src="/docs/assets/swagger-ui-standalone-preset.js"></script>
  <script src="/docs/init.js"></script>
</body>
</html>
`;

const SETTINGS = {
  dom_id: '#swagger-ui',
  urls: [
    ...DEFINITIONS.map(({ name, title }) => ({ name: title, url: documentPath(name) })),
    { name: 'Everything', url: documentPath(EVERYTHING.name) },
  ],
  deepLinking: true,
  layout: 'StandaloneLayout',
  tryItOutEnabled: true,
  validatorUrl: null,
};

/** One definition per surface in the drop-down, the first one open. */
export const DOCS_INIT = `window.ui = SwaggerUIBundle(Object.assign(${JSON.stringify(SETTINGS)}, {
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
}));
`;

/** React sets styles through the DOM and icons are data URLs; answers may hold pictures. */
export const DOCS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Where a document is served. */
export function documentPath(name: string): string {
  return name === EVERYTHING.name ? '/docs-json' : `/docs/${name}-json`;
}
