import land from "world-atlas/land-110m.json";

type Topology = {
  transform: { scale: number[]; translate: number[] };
  arcs: number[][][];
  objects: { land: { geometries: { type: string; arcs: number[][][] }[] } };
};

/** Longitude and latitude on a flat map of 360 by 180. */
export function project(lon: number, lat: number): [number, number] {
  return [lon + 180, 90 - lat];
}

/** The outlines of all land as one SVG path. The file keeps lines as steps from point to point, each shared line once. */
export function landPath(): string {
  const { transform, arcs, objects } = land as unknown as Topology;
  const [kx = 1, ky = 1] = transform.scale;
  const [dx = 0, dy = 0] = transform.translate;
  const lines = arcs.map((arc) => {
    let x = 0;
    let y = 0;
    return arc.map(([stepX = 0, stepY = 0]) => {
      x += stepX;
      y += stepY;
      return project(x * kx + dx, y * ky + dy);
    });
  });
  const ring = (members: number[]) =>
    members
      .flatMap((index) => (index < 0 ? [...(lines[~index] ?? [])].reverse() : (lines[index] ?? [])))
      .map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`)
      .join("L");
  return objects.land.geometries
    .flatMap((geometry) => geometry.arcs.flatMap((polygon) => polygon as unknown as number[][]))
    .map((members) => `M${ring(members)}Z`)
    .join("");
}

/** The part of the map that shows all places with room around them, in its own shape of 2 by 1. */
export function viewOf(places: readonly { lat: number; lon: number }[]): [number, number, number, number] {
  const points = places.map((place) => project(place.lon, place.lat));
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  const wide = Math.max(...xs) - left;
  const high = Math.max(...ys) - top;
  const width = Math.min(360, Math.max(12, wide * 1.4, high * 1.4 * 2));
  const x = Math.min(360 - width, Math.max(0, left + wide / 2 - width / 2));
  const y = Math.min(180 - width / 2, Math.max(0, top + high / 2 - width / 4));
  return [x, y, width, width / 2];
}
