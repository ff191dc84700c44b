import type { Colour } from './colour.js';

/** What a picture can show. The order is the order of preference when a prompt names several. */
export type SceneName =
  | 'sea'
  | 'mountain'
  | 'forest'
  | 'city'
  | 'desert'
  | 'space'
  | 'meadow'
  | 'flower'
  | 'mandala'
  | 'bauhaus'
  | 'ribbons'
  | 'orbits';

export type SubjectName = 'cat' | 'boat' | 'birds' | 'balloon' | 'lighthouse' | 'house' | 'tree';
export type Light = 'day' | 'dawn' | 'sunset' | 'night' | 'overcast';
/** Weather, season and other things that may appear in any landscape. */
export type Feature = 'rain' | 'snow' | 'fog' | 'stars' | 'aurora' | 'rainbow' | 'autumn' | 'lake';
export type Mood = 'vivid' | 'natural' | 'mono' | 'pastel' | 'vintage' | 'neon' | 'minimal';

/**
 * Words as people write them, in English and a few other languages. Latin and
 * Cyrillic words are matched whole (a plural `s` is tolerated), Chinese and
 * Japanese ones anywhere, since those scripts put no spaces between words.
 */
export const SCENE_WORDS: Readonly<Record<SceneName, string>> = {
  sea:
    'sea ocean wave beach coast shore harbour harbor bay island water surf sail pier lagoon whale ' +
    'fish dolphin underwater mer océan meer strand küste mar playa océano море океан 海 浪 岛 島',
  mountain:
    'mountain peak alps himalaya fuji summit cliff canyon glacier lake fjord valley volcano rock ' +
    'montagne berg berge gebirge montaña гора горы озеро 山 峰 湖 谷',
  forest:
    'forest wood woods woodland jungle pine tree trees bamboo deer fox bear wolf grove rainforest ' +
    'forêt wald bosque selva лес 森 林 竹 树',
  city:
    'city skyline town street building skyscraper tower tokyo york london paris shanghai cyberpunk ' +
    'urban downtown metropolis architecture rooftop neon ville stadt ciudad город 城 街 市 楼',
  desert:
    'desert dune sahara cactus pyramid oasis camel mesa sand arizona egypt désert wüste desierto ' +
    'пустыня 沙漠 砂漠 沙',
  space:
    'space galaxy planet nebula cosmos cosmic universe star astronaut rocket spaceship saturn mars ' +
    'alien orbit comet spacecraft espace weltraum espacio космос 宇宙 太空 星 银河',
  meadow:
    'meadow field hill countryside farm village pasture grass landscape garden park wheat lavender ' +
    'tuscany campagne wiese feld campo поле 田 草 丘 村',
  flower:
    'flower rose tulip blossom bouquet poppy daisy sunflower lily lotus petal orchid bloom sakura ' +
    'fleur blume blumen flor flores цветок цветы 花 樱',
  mandala: 'mandala kaleidoscope ornament symmetry pattern rosette 曼陀罗 纹',
  bauhaus: 'bauhaus geometric geometry grid poster logo shape mosaic quilt swiss cubism 几何',
  ribbons: 'flow wavy silk liquid fluid gradient wallpaper smooth music marble 丝',
  orbits: 'abstract circle kandinsky modern suprematism constructivism bubble 抽象',
};

export const SUBJECT_WORDS: Readonly<Record<SubjectName, string>> = {
  cat: 'cat kitten kitty chat katze gato кот кошка 猫 貓',
  boat: 'boat sailboat ship yacht sail sailing regatta voilier segelboot barco лодка корабль 船 帆',
  birds:
    'bird birds gull seagull swallow eagle crane goose geese oiseau vogel pájaro птицы 鸟 鳥 雁',
  balloon: 'balloon airship ballon globo 气球',
  lighthouse: 'lighthouse beacon phare leuchtturm faro маяк 灯塔',
  house: 'house cabin cottage barn home hut chalet maison haus casa дом 房 屋',
  tree: 'oak lonely lone solitary baobab',
};

export const LIGHT_WORDS: Readonly<Record<Light, string>> = {
  sunset:
    'sunset dusk evening twilight golden crépuscule sonnenuntergang atardecer закат 日落 黄昏 夕',
  dawn: 'dawn sunrise morning aube morgen amanecer рассвет утро 日出 黎明 晨',
  night:
    'night midnight moon moonlight moonlit moonrise starry stars milky dark nocturne neon cyberpunk ' +
    'aurora borealis northern lune mond luna луна nuit nacht noche ночь 夜 月',
  day: 'day noon sunny sunshine bright summer spring tropical blue-sky jour tag día день 白天 晴',
  overcast:
    'rain rainy storm stormy fog foggy mist misty winter snow cloudy overcast snowfall ' +
    'pluie regen lluvia дождь туман зима 雨 雪 雾 霧 冬',
};

export const FEATURE_WORDS: Readonly<Record<Feature, string>> = {
  rain: 'rain rainy storm stormy drizzle pluie regen lluvia дождь 雨',
  snow: 'snow winter snowfall snowing blizzard neige schnee nieve снег зима 雪 冬',
  fog: 'fog foggy mist misty haze hazy brume nebel niebla туман 雾 霧',
  stars: 'star starry stars milky 星',
  aurora: 'aurora borealis northern 极光',
  rainbow: 'rainbow regenbogen arcoíris радуга 彩虹',
  autumn: 'autumn fall october november automne herbst otoño осень 秋',
  lake: 'lake fjord river reflection water sea lago see lac озеро 湖 江 河',
};

export const MOOD_WORDS: Readonly<Record<Mood, string>> = {
  vivid: 'vivid vibrant saturated colorful colourful bold',
  natural: 'natural realistic photo photograph photorealistic muted',
  mono: 'monochrome noir black-and-white grayscale greyscale ink charcoal',
  pastel: 'pastel soft watercolor watercolour dreamy anime ghibli kawaii 水彩',
  vintage: 'vintage retro sepia antique nostalgic old',
  neon: 'neon cyberpunk synthwave vaporwave electric 霓虹',
  minimal: 'minimal minimalist minimalism simple clean flat',
};

export const COLOUR_WORDS: Readonly<Record<Colour, string>> = {
  '#e5383b': 'red crimson scarlet ruby rouge rot rojo красный 红 紅',
  '#2f6fde': 'blue azure cobalt sapphire navy bleu blau azul синий 蓝 藍',
  '#2fa84f': 'green emerald jade mint vert grün verde зелёный 绿 緑',
  '#f5c518': 'yellow gold lemon jaune gelb amarillo жёлтый 黄 金',
  '#f5822a': 'orange amber tangerine naranja оранжевый 橙',
  '#8a4fd6': 'purple violet lilac lavender indigo pourpre lila morado фиолетовый 紫',
  '#f06fa8': 'pink rose magenta fuchsia coral rosa розовый 粉',
  '#1fb5b0': 'turquoise teal cyan aqua türkis turquesa 青',
  '#8a5a3b': 'brown chocolate coffee bronze marron braun marrón коричневый 棕 褐',
};
