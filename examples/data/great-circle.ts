/** Latitude and longitude in degrees. */
export type LatLon = readonly [latitude: number, longitude: number];

/** The shortest way over a sphere between two places, as points at equal distances. */
export function greatCircle(a: LatLon, b: LatLon, steps = 24): LatLon[] {
  const [p, q] = [direction(a), direction(b)];
  const angle = Math.acos(p[0] * q[0] + p[1] * q[1] + p[2] * q[2]);
  return Array.from({ length: steps + 1 }, (_, step) => {
    // Directions between the two lie in the plane of both.
    const v = Math.sin((1 - step / steps) * angle) / Math.sin(angle);
    const w = Math.sin((step / steps) * angle) / Math.sin(angle);
    const [x, y, z] = [v * p[0] + w * q[0], v * p[1] + w * q[1], v * p[2] + w * q[2]];
    return [degrees(Math.asin(z)), degrees(Math.atan2(y, x))];
  });
}

/** From the centre of the sphere. */
function direction([latitude, longitude]: LatLon): readonly [number, number, number] {
  const [lat, lon] = [radians(latitude), radians(longitude)];
  return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180;
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI;
}
