import "@xyflow/react/dist/base.css";
import {
  Controls,
  type NodeChange,
  type OnNodeDrag,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStoreApi,
} from "@xyflow/react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { areasOf } from "@/flow-graph/areas";
import { layoutFlow, nearestPlace, openingView } from "@/flow-graph/layout";
import type { StepRun } from "@/flow-graph/status";
import type { FlowNote, FlowValue, Place } from "@/flow-graph/types";
import { cn } from "@/ui/cn";
import { type CanvasActions, CanvasContext } from "./actions";
import { AreaBox, type AreaNode, areaNodes } from "./areas";
import { EDGE_TYPES, type LineEdge } from "./edges";
import { type BoxNode, NODE_TYPES } from "./nodes";
import { NoteBox, type NoteNode, noteNodes } from "./notes";
import { Overview } from "./overview";
import { type SceneInput, sceneEdges, sceneNodes } from "./scene";

export type CanvasProps = CanvasActions & {
  value: FlowValue;
  selected: string;
  collapsed: ReadonlySet<string>;
  runs?: ReadonlyMap<string, StepRun>;
  durations?: ReadonlyMap<string, number | null>;
  problems?: ReadonlyMap<string, "error" | "warning">;
  notes?: { input?: string; result?: string };
  isRun?: boolean;
  wiring?: SceneInput["wiring"];
  /** Steps that are marked together. */
  marked?: ReadonlySet<string>;
  onMove?: (id: string, place: Place) => void;
  onNotes?: (notes: FlowNote[]) => void;
  onKey?: (event: React.KeyboardEvent) => void;
  /** A sentence for those who hear the page: how to use the keyboard here. */
  description?: string;
  children?: ReactNode;
  className?: string;
};

type AnyNode = BoxNode | NoteNode | AreaNode;
const TYPES = { ...NODE_TYPES, note: NoteBox, area: AreaBox };
const ZOOM = { min: 0.1, max: 1.5 };
/** What is shown below a new step: the places for a next one in its list and in the list around it. */
const BELOW = 128;

function useByKey<T extends { id: string }>(items: T[]): React.RefObject<Map<string, T>> {
  const known = useRef(new Map<string, T>());
  useEffect(() => {
    known.current = new Map(items.map((item) => [item.id, item]));
  }, [items]);
  return known;
}

function Scene(props: CanvasProps) {
  const { value, selected, collapsed, onMove, onNotes } = props;
  const layout = useMemo(() => layoutFlow(value, collapsed), [value, collapsed]);
  const [drag, setDrag] = useState<{ id: string; x: number; y: number } | null>(null);
  const [target, setTarget] = useState<Place | null>(null);
  const host = useRef<HTMLDivElement>(null);
  const flow = useReactFlow();
  const store = useStoreApi();

  const { runs, durations, problems, notes, isRun, wiring, marked } = props;
  const input = useMemo(
    () => ({ layout, selected, runs, durations, problems, notes, isRun, wiring, marked }),
    [layout, selected, runs, durations, problems, notes, isRun, wiring, marked],
  );
  const knownNodes = useRef(new Map<string, BoxNode>());
  const boxes = useMemo(() => {
    const made = sceneNodes(input, knownNodes.current, Boolean(onMove));
    knownNodes.current = new Map(made.map((node) => [node.id, node]));
    return made;
  }, [input, onMove]);
  const knownEdges = useRef(new Map<string, LineEdge>());
  const edges = useMemo(() => {
    const made = sceneEdges(input, knownEdges.current, target);
    knownEdges.current = new Map(made.map((edge) => [edge.id, edge]));
    return made;
  }, [input, target]);
  const places = useMemo(() => areasOf(value, layout, collapsed), [value, layout, collapsed]);
  const areas = useMemo(() => areaNodes(places, selected), [places, selected]);
  const nodes = useMemo<AnyNode[]>(() => {
    const all: AnyNode[] = [...areas, ...boxes, ...noteNodes(value.notes, onNotes)];
    if (!drag) return all;
    return all.map((node) =>
      node.id === drag.id ? { ...node, position: { x: drag.x, y: drag.y }, zIndex: 10 } : node,
    );
  }, [areas, boxes, value.notes, onNotes, drag]);

  // A step that is selected by key, search or menu comes into sight, and so does one that moves as steps around it come
  // and go; a new one brings the place for the next one along. An edit that leaves the step where it is moves nothing:
  // people may be about to click elsewhere.
  const boxesById = useByKey(layout.nodes);
  const shown = useRef({ place: "", layout });
  useEffect(() => {
    const node = boxesById.current.get(selected) ?? layout.nodes.find((known) => known.id === selected);
    const { width, height, transform } = store.getState();
    if (!node || width === 0) return;
    const place = `${node.x} ${node.y} ${selected}`;
    const before = shown.current;
    shown.current = { place, layout };
    if (before.place === place) return;
    const isNew = !before.layout.nodes.some((known) => known.id === selected);
    const [x, y, zoom] = transform;
    const left = node.x * zoom + x;
    const top = node.y * zoom + y;
    const right = left + node.width * zoom;
    const bottom = top + (node.height + (isNew ? BELOW : 0)) * zoom;
    const inSight = left > 0 && top > 0 && right < width && bottom < height;
    if (!inSight) {
      void flow.setCenter(node.x + node.width / 2, node.y + node.height / 2, {
        zoom: Math.max(zoom, 0.5),
        duration: 200,
      });
    }
  }, [selected, layout, flow, store, boxesById]);

  const onNodesChange = (changes: NodeChange<AnyNode>[]) => {
    for (const change of changes) {
      if (change.type === "position" && change.position) {
        const { x, y } = change.position;
        if (change.dragging) setDrag({ id: change.id, x, y });
      }
    }
  };
  const onNodeDrag: OnNodeDrag<AnyNode> = (_event, node) => {
    if (node.type === "note") return;
    setTarget(nearestPlace(layout, node.position.x + (node.width ?? 0) / 2, node.position.y));
  };
  const onNodeDragStop: OnNodeDrag<AnyNode> = (_event, node) => {
    setDrag(null);
    if (node.type === "note") {
      const { x, y } = node.position;
      const { id } = (node as NoteNode).data.note;
      onNotes?.((value.notes ?? []).map((note) => (note.id === id ? { ...note, position: { x, y } } : note)));
      return;
    }
    if (target && drag) onMove?.(node.id, target);
    setTarget(null);
  };

  return (
    <div
      onPointerDownCapture={(event) => {
        // Clicks on boxes give the canvas the keys; fields in notes keep them.
        // What floats over the canvas reports its events here too, but lies elsewhere.
        const target = event.target as Element;
        if (
          event.currentTarget.contains(target) &&
          !target.closest("textarea, input, section, [role=toolbar], [role=status]")
        )
          host.current?.focus({ preventScroll: true });
      }}
      className={cn("relative min-h-0 flex-1 bg-canvas", props.className)}
      data-flow-canvas
    >
      <ReactFlow<AnyNode, LineEdge>
        ref={host}
        aria-label="Flow"
        aria-description={props.description}
        tabIndex={0}
        onKeyDown={props.onKey}
        // Clipped, not hidden: a page that scrolls to something out of sight would shift the graph below its own viewport.
        className="overflow-clip! focus-visible:outline-offset-[-2px]"
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onNodeDrag={onNodeDrag}
        onNodeDragStop={onNodeDragStop}
        onlyRenderVisibleElements
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        zoomActivationKeyCode={null}
        panOnScroll
        zoomOnDoubleClick={false}
        minZoom={ZOOM.min}
        maxZoom={ZOOM.max}
        nodeDragThreshold={6}
        onInit={(instance) => {
          const { width, height } = store.getState();
          const top = props.onInsert ? 68 : 28;
          void instance.setViewport(openingView(layout, { width, height }, top, selected));
        }}
      >
        <Controls showInteractive={false} position="bottom-left" className="flow-controls" />
        {layout.nodes.length > 20 && <Overview boxes={boxes} selected={selected} />}
      </ReactFlow>
      {props.children}
    </div>
  );
}

/** A flow as boxes and lines, top to bottom: to edit it, or to see what a run does. */
export function FlowCanvas(props: CanvasProps) {
  const { onSelect, onToggle, onInsert, onAddBranch, onPick } = props;
  const actions = useMemo(
    () => ({ onSelect, onToggle, onInsert, onAddBranch, onPick }),
    [onSelect, onToggle, onInsert, onAddBranch, onPick],
  );
  return (
    <CanvasContext value={actions}>
      <ReactFlowProvider>
        <Scene {...props} />
      </ReactFlowProvider>
    </CanvasContext>
  );
}
