import { Field } from '../../races/field.js';
import { race } from '../../races/race.js';
import type { OpenRig } from './rig.js';

export const openRaces: OpenRig = async (plant) => {
  const field = await Field.open(plant);
  return {
    run: (seed) => race(field, seed),
    finish: () => field.checkLedger(),
    close: () => field.close(),
  };
};
