import { installClock } from '../../simulator/clock.js';
import { Session } from '../../simulator/session.js';
import { World } from '../../simulator/world.js';
import type { OpenRig } from './rig.js';

export const openSimulator: OpenRig = async (plant) => {
  installClock();
  const session = await Session.open(plant);
  return {
    run: async (seed) => (await new World(session.physical, seed).run()).violations,
    finish: () => session.checkLedger(),
    close: () => session.close(),
  };
};
