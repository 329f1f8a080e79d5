/** Colour names of CSS Color Level 4, each followed by its value in hexadecimal. */
const NAMES =
  "aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc " +
  "bisque ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a " +
  "burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50 " +
  "cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b " +
  "darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 " +
  "darkkhaki bdb76b darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc " +
  "darkred 8b0000 darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f " +
  "darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff " +
  "dimgray 696969 dimgrey 696969 dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0 " +
  "forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold ffd700 " +
  "goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080 honeydew f0fff0 " +
  "hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa " +
  "lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 " +
  "lightcyan e0ffff lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 " +
  "lightpink ffb6c1 lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa " +
  "lightslategray 778899 lightslategrey 778899 lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 " +
  "limegreen 32cd32 linen faf0e6 magenta ff00ff maroon 800000 mediumaquamarine 66cdaa " +
  "mediumblue 0000cd mediumorchid ba55d3 mediumpurple 9370db mediumseagreen 3cb371 " +
  "mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise 48d1cc mediumvioletred c71585 " +
  "midnightblue 191970 mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead " +
  "navy 000080 oldlace fdf5e6 olive 808000 olivedrab 6b8e23 orange ffa500 orangered ff4500 " +
  "orchid da70d6 palegoldenrod eee8aa palegreen 98fb98 paleturquoise afeeee palevioletred db7093 " +
  "papayawhip ffefd5 peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd powderblue b0e0e6 " +
  "purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1 " +
  "saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d " +
  "silver c0c0c0 skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa " +
  "springgreen 00ff7f steelblue 4682b4 tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 " +
  "turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff whitesmoke f5f5f5 yellow ffff00 " +
  "yellowgreen 9acd32 transparent 00000000";

let named: Map<string, number> | undefined;

/** Built when the first name comes, so that importing costs nothing. */
function namedColors(): Map<string, number> {
  if (named === undefined) {
    named = new Map();
    const words = NAMES.split(" ");
    for (let i = 0; i < words.length; i += 2) {
      const color = hexColor(words[i + 1] as string);
      if (color !== undefined) named.set(words[i] as string, color);
    }
  }
  return named;
}

/**
 * A colour in the notation of CSS as `0xRRGGBBAA`: `#rgb`, `#rgba`, `#rrggbb`, `#rrggbbaa`, a name,
 * or `rgb()` / `rgba()` with numbers or percentages. Undefined for everything else.
 */
export function parseCssColor(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (trimmed.startsWith("#")) return hexColor(trimmed.slice(1));
  return namedColors().get(trimmed) ?? functionColor(trimmed);
}

function hexColor(digits: string): number | undefined {
  if (!/^(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(digits)) return undefined;
  const long = digits.length < 6 ? digits.replace(/./g, "$&$&") : digits;
  return Number.parseInt(long.padEnd(8, "f"), 16);
}

const FUNCTION = /^rgba?\(\s*([^()]+?)\s*\)$/;

/** Both forms: `rgb(1, 2, 3, 0.5)` and `rgb(1 2 3 / 50%)`. */
function functionColor(text: string): number | undefined {
  const body = FUNCTION.exec(text)?.[1];
  if (body === undefined) return undefined;
  const parts = body.split(/\s*[,/]\s*|\s+/);
  if (parts.length !== 3 && parts.length !== 4) return undefined;
  const red = byte(parts[0], 1);
  const green = byte(parts[1], 1);
  const blue = byte(parts[2], 1);
  const alpha = parts.length === 4 ? byte(parts[3], 255) : 255;
  if (red === undefined || green === undefined || blue === undefined || alpha === undefined) {
    return undefined;
  }
  return ((red << 24) | (green << 16) | (blue << 8) | alpha) >>> 0;
}

/** A number or a percentage as a byte, clamped as CSS says; `unit` is what 1 stands for. */
function byte(part: string | undefined, unit: number): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(%?)$/.exec(part ?? "");
  if (match === null) return undefined;
  const number = Number(match[1]);
  const value = match[2] === "%" ? (number * 255) / 100 : number * unit;
  return Math.min(255, Math.max(0, Math.round(value)));
}
