import type { MigrationInterface, QueryRunner } from 'typeorm';
import { STORE_ASSETS } from './1764000000004-settle.js';
import { SCRUB } from './1764000000006-retention.js';

/**
 * What the AI-relay surface answers natively: an image's own link at its upstream,
 * and parameters that are passed through, which go with the prompt.
 */
export class UpstreamLinks1764000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE assets ADD COLUMN source_url text');
    await runner.query(STORE_ASSETS_WITH_LINKS);
    await runner.query(SCRUB_EXTRAS);
  }

  async down(runner: QueryRunner): Promise<void> {
    const again = (text: string) => text.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');
    await runner.query(again(SCRUB));
    await runner.query(again(STORE_ASSETS));
    await runner.query('ALTER TABLE assets DROP COLUMN source_url');
  }
}

/** p_assets: as before, with sourceUrl where the upstream's link may be shown. */
const STORE_ASSETS_WITH_LINKS = `
CREATE OR REPLACE FUNCTION relay_store_assets(
  p_account uuid, p_generation uuid, p_visibility text, p_assets jsonb
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO assets (id, account_id, generation_id, ordinal, kind, sha256, media_type, width,
                      height, bytes, visibility, credits, link_token, source_url)
  SELECT a.id, p_account, p_generation, a.ordinal, 'output', a.sha256, a."mediaType", a.width,
         a.height, a.bytes, p_visibility, a.credits, a."linkToken", a."sourceUrl"
    FROM jsonb_to_recordset(p_assets) AS a(id uuid, ordinal smallint, sha256 text,
      "mediaType" text, width integer, height integer, bytes bigint, credits bigint,
      "linkToken" text, "sourceUrl" text)
  ON CONFLICT (id) DO NOTHING
$$;
`;

const SCRUB_EXTRAS = `
CREATE OR REPLACE FUNCTION easel_scrub_input(p_request jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE WHEN p_request ->> 'prompt' <> ''
            THEN p_request || jsonb_build_object(
                   'prompt', '', 'promptBytes', octet_length(p_request ->> 'prompt'))
            ELSE p_request END) #- '{parameters,user}' #- '{extras}'
$$;
`;
