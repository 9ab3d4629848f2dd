import { Maximize, Minus, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { Button } from "@/ui/button";
import type { MapMarker } from "./kind";
import { landPath, project, viewOf } from "./world";

type View = readonly [number, number, number, number];

const NEAREST = 1;

function zoomed([x, y, width, height]: View, factor: number): View {
  const next = Math.min(360, Math.max(NEAREST, width * factor));
  const half = next / 2;
  return [
    Math.min(360 - next, Math.max(0, x + (width - next) / 2)),
    Math.min(180 - half, Math.max(0, y + (height - half) / 2)),
    next,
    half,
  ];
}

function panned([x, y, width, height]: View, byX: number, byY: number): View {
  return [
    Math.min(360 - width, Math.max(0, x + byX * width)),
    Math.min(180 - height, Math.max(0, y + byY * height)),
    width,
    height,
  ];
}

/** Places on the outlines of the continents. Drawn from a file of ours: nobody else hears what is looked at. */
export default function PlacesMap({ markers }: { markers: readonly MapMarker[] }) {
  const all = useMemo(() => viewOf(markers), [markers]);
  const [view, setView] = useState<View>(all);
  const [chosen, setChosen] = useState<number | null>(null);
  const land = useMemo(landPath, []);
  const size = view[2] / 110;
  return (
    <figure className="relative overflow-hidden rounded-md border border-line">
      <svg
        viewBox={view.join(" ")}
        className="block aspect-2/1 w-full touch-none bg-accent-soft/50"
        role="img"
        aria-label={`Map with ${markers.length} ${markers.length === 1 ? "place" : "places"}`}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          const box = event.currentTarget.getBoundingClientRect();
          const { movementX, movementY } = event;
          setView((known) => panned(known, -movementX / box.width, -movementY / box.height));
        }}
      >
        <path d={land} className="fill-surface stroke-line-strong" strokeWidth={size / 8} />
        {markers.map((marker, index) => {
          const [x, y] = project(marker.lon, marker.lat);
          return (
            <circle
              key={index}
              cx={x}
              cy={y}
              r={chosen === index ? size * 1.5 : size}
              strokeWidth={size / 4}
              className="cursor-pointer fill-accent stroke-surface"
              onPointerEnter={() => setChosen(index)}
            >
              <title>{marker.title || `${marker.lat}, ${marker.lon}`}</title>
            </circle>
          );
        })}
      </svg>
      <div className="absolute right-2 top-2 flex flex-col gap-1">
        <Button size="icon-sm" aria-label="Zoom in" onClick={() => setView(zoomed(view, 0.6))}>
          <Plus />
        </Button>
        <Button size="icon-sm" aria-label="Zoom out" onClick={() => setView(zoomed(view, 1 / 0.6))}>
          <Minus />
        </Button>
        <Button size="icon-sm" aria-label="Show all places" onClick={() => setView(all)}>
          <Maximize />
        </Button>
      </div>
      <figcaption className="thin-scroll flex max-h-24 flex-wrap gap-1 overflow-y-auto border-t border-line bg-surface p-2">
        {markers.slice(0, 200).map((marker, index) => (
          <button
            key={index}
            type="button"
            onFocus={() => setChosen(index)}
            onClick={() => {
              setChosen(index);
              setView(viewOf([marker]));
            }}
            className="rounded border border-line px-1.5 text-xs text-muted hover:text-text"
          >
            {marker.title || `${marker.lat.toFixed(3)}, ${marker.lon.toFixed(3)}`}
          </button>
        ))}
      </figcaption>
    </figure>
  );
}
