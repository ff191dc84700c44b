import {
  COLOUR_WORDS,
  LIGHT_WORDS,
  MOOD_WORDS,
  SCENE_WORDS,
  SUBJECT_WORDS,
  FEATURE_WORDS,
  type Light,
  type Mood,
  type SceneName,
  type SubjectName,
  type Feature,
} from './vocabulary.js';
import type { Colour } from './colour.js';
import type { Random } from './random.js';

/** What a prompt asks for, as far as we understand it. */
export interface Brief {
  readonly scene: SceneName;
  /** A second place named in the prompt, e.g. the sea of a city by the sea. */
  readonly beside: SceneName | undefined;
  readonly subjects: readonly SubjectName[];
  readonly light: Light;
  readonly features: ReadonlySet<Feature>;
  readonly hues: readonly Colour[];
  readonly moods: readonly Mood[];
}

/** Longer prompts say what they are about early; the rest is not searched. */
const SEARCHED_CHARACTERS = 2_000;

const ABSTRACT: readonly SceneName[] = ['bauhaus', 'ribbons', 'orbits', 'mandala'];
const WHOLE_WORD = /^[\p{Script=Latin}\p{Script=Cyrillic}-]+$/u;

/** Where a subject is at home when the prompt names no place. */
const HOME: Readonly<Record<SubjectName, readonly SceneName[]>> = {
  cat: ['meadow', 'city', 'meadow'],
  boat: ['sea'],
  birds: ['sea', 'mountain', 'meadow'],
  balloon: ['mountain', 'meadow', 'desert'],
  lighthouse: ['sea'],
  house: ['meadow', 'mountain'],
  tree: ['meadow'],
};

/** The light a place looks best in, when the prompt says nothing about it. */
const USUAL_LIGHT: Readonly<Record<SceneName, readonly Light[]>> = {
  sea: ['sunset', 'day', 'dawn', 'night'],
  mountain: ['dawn', 'day', 'sunset', 'night'],
  forest: ['dawn', 'day', 'sunset'],
  city: ['night', 'sunset', 'dawn'],
  desert: ['sunset', 'day', 'dawn', 'night'],
  space: ['night'],
  meadow: ['day', 'dawn', 'sunset'],
  flower: ['day', 'dawn', 'sunset', 'night'],
  mandala: ['night', 'dawn', 'sunset', 'day'],
  bauhaus: ['day', 'dawn', 'night'],
  ribbons: ['sunset', 'night', 'dawn', 'day'],
  orbits: ['day', 'dawn', 'night'],
};

/** Reads a prompt. What it leaves open is decided by `rng`, so that variations differ. */
export function readPrompt(prompt: string, style: string | undefined, rng: Random): Brief {
  const find = finder(prompt);
  const subjects = find(SUBJECT_WORDS);
  const scenes = find(SCENE_WORDS);
  const features = new Set(find(FEATURE_WORDS));
  const scene = scenes[0] ?? (subjects[0] ? rng.pick(HOME[subjects[0]]) : rng.pick(ABSTRACT));
  const usual = rng.pick(USUAL_LIGHT[scene]);
  return {
    scene,
    beside: scenes[1],
    subjects,
    light: chooseLight(find(LIGHT_WORDS)) ?? usual,
    features,
    hues: find(COLOUR_WORDS),
    moods: [...finder(style ?? '')(MOOD_WORDS), ...find(MOOD_WORDS)],
  };
}

/** Rain or mist at dawn is still dawn: a time of day counts for more than its weather. */
function chooseLight(named: readonly Light[]): Light | undefined {
  return named.find((light) => light !== 'overcast') ?? named[0];
}

/** Names of a vocabulary that a text uses, in the order of its first words. */
function finder(text: string): <N extends string>(words: Readonly<Record<N, string>>) => N[] {
  const searched = text.slice(0, SEARCHED_CHARACTERS).normalize('NFKC').toLowerCase();
  const positions = new Map<string, number>();
  for (const [i, word] of searched.split(/[^\p{L}-]+/u).entries()) {
    for (const form of [word, word.replace(/s$/, ''), word.replace(/es$/, '')]) {
      if (!positions.has(form)) positions.set(form, i);
    }
  }
  const position = (word: string): number => {
    if (WHOLE_WORD.test(word)) return positions.get(word) ?? Infinity;
    const at = searched.indexOf(word);
    return at < 0 ? Infinity : at;
  };
  return <N extends string>(words: Readonly<Record<N, string>>) =>
    (Object.keys(words) as N[])
      .map((name) => ({ name, at: Math.min(...words[name].split(' ').map(position)) }))
      .filter(({ at }) => at < Infinity)
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => name);
}
