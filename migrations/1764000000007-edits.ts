import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Images that customers send to be edited: one asset per account and content,
 * and which of them a generation was made from.
 */
export class Edits1764000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INPUTS);
    await runner.query(ATTACH);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER generation_inputs_attach ON generation_inputs');
    await runner.query('DROP FUNCTION generation_inputs_attach');
    await runner.query('DROP TABLE generation_input_assets');
    await runner.query('DROP INDEX assets_input_once');
  }
}

/**
 * The unique index lets uploads of one content at the same time end in one row.
 * An input waits with a date in expires_at; the accept that uses it takes the
 * date away, so what expires was never used (or was, by a test key, a day ago).
 */
const INPUTS = `
CREATE UNIQUE INDEX assets_input_once ON assets (account_id, sha256)
  WHERE kind = 'input' AND deleted_at IS NULL AND removed_at IS NULL;
CREATE TABLE generation_input_assets (
  generation_id uuid NOT NULL,
  role text NOT NULL CHECK (role IN ('image', 'mask')),
  ordinal smallint NOT NULL CHECK (ordinal >= 0),
  asset_id uuid NOT NULL REFERENCES assets (id),
  PRIMARY KEY (generation_id, role, ordinal)
);
CREATE INDEX generation_input_assets_by_asset ON generation_input_assets (asset_id);
`;

/**
 * request.inputs: [{assetId, role}] in the order sent. Part of whatever accepts a
 * generation, without a word in it; requests without inputs pay for one look.
 * An input that went in the meantime stops accept.
 */
const ATTACH = `
CREATE FUNCTION generation_inputs_attach() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g generations;
  v_inputs jsonb := NEW.request -> 'inputs';
BEGIN
  SELECT * INTO g FROM generations x WHERE x.id = NEW.generation_id;
  UPDATE assets a
     SET expires_at = CASE WHEN g.mode = 'test'
                           THEN greatest(a.expires_at, clock_timestamp() + interval '24 h') END
   WHERE a.kind = 'input' AND a.expires_at IS NOT NULL AND a.deleted_at IS NULL
     AND a.id IN (SELECT (x.input ->> 'assetId')::uuid FROM jsonb_array_elements(v_inputs) x(input));
  INSERT INTO generation_input_assets (generation_id, role, ordinal, asset_id)
  SELECT g.id, x.input ->> 'role',
         row_number() OVER (PARTITION BY x.input ->> 'role' ORDER BY x.place) - 1, a.id
    FROM jsonb_array_elements(v_inputs) WITH ORDINALITY x(input, place)
    JOIN assets a ON a.id = (x.input ->> 'assetId')::uuid AND a.account_id = g.account_id
                 AND a.deleted_at IS NULL AND a.removed_at IS NULL;
  IF (SELECT count(*) FROM generation_input_assets i WHERE i.generation_id = g.id)
     <> jsonb_array_length(v_inputs) THEN
    RAISE EXCEPTION 'an input of generation % is gone', g.id USING ERRCODE = 'no_data_found';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER generation_inputs_attach AFTER INSERT ON generation_inputs
  FOR EACH ROW WHEN (NEW.request ? 'inputs') EXECUTE FUNCTION generation_inputs_attach();
`;
