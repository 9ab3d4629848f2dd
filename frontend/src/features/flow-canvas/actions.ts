import { createContext, useContext } from "react";
import type { Place } from "@/flow-graph/types";

/** What the boxes and lines of a canvas can ask for. A canvas that only shows a flow leaves out the edits. */
export type CanvasActions = {
  /** `extend`: what is chosen already is marked up to this one. */
  onSelect: (id: string, extend?: boolean) => void;
  onToggle: (id: string) => void;
  onInsert?: (place: Place) => void;
  onAddBranch?: (owner: string) => void;
  onPick?: (owner: string) => void;
};

export const CanvasContext = createContext<CanvasActions>({ onSelect: () => {}, onToggle: () => {} });
export const useCanvas = () => useContext(CanvasContext);
