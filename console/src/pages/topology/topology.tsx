// The picture of the network: alive, each thing a way to its page.
import { Background, Controls, Handle, Position, ReactFlow, useReactFlow, type Edge, type Node, type NodeProps } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { Alert, Button, Empty, Spin } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link } from "react-router";
import { useLive } from "../../api/live.tsx";
import { useSession } from "../../api/session.tsx";
import { useLanguage, useWords, type Language } from "../../i18n/index.tsx";
import { status as inLanguage } from "../../i18n/statuses.ts";
import { Problem } from "../../kit/problem.tsx";
import { Status } from "../../kit/status.tsx";
import { useTheme } from "../../shell/theme.tsx";
import { load, shown, type Reading } from "../../traffic/readings.ts";
import { useReadings } from "../../traffic/sampling.ts";
import { fold } from "./fold.ts";
import { graphOf, type Box, type Graph } from "./graph.ts";
import { layout, type Place } from "./layout.ts";
import { gather, type Things } from "./things.ts";

/** What is left of many that are opened already is not opened further. */
type BoxNode = Node<{ box: Box; unfold: (() => void) | undefined }, "box">;
type FrameNode = Node<{ title: string }, "frame">;

function BoxView({ data: { box, unfold } }: NodeProps<BoxNode>) {
  const t = useWords();
  const { language } = useLanguage();
  const title = box.members > 1 ? `${box.members} × ${t(box.kind)}` : box.title;
  return (
    <div className="box" data-kind={box.kind}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="kind">
        {t(box.kind)} <Status status={box.status} />
      </div>
      {box.members > 1 && unfold ? (
        <Button type="link" size="small" className="nodrag" onClick={unfold}>
          {title}
        </Button>
      ) : box.path ? (
        <Link to={box.path}>{title}</Link>
      ) : (
        <span>{title}</span>
      )}
      {box.lines.map((line) => (
        <div key={line} className="mono" title={line}>
          {line.split(" ").map((word) => inLanguage(language, word)).join(" ")}
        </div>
      ))}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function FrameView({ data }: NodeProps<FrameNode>) {
  return <div className="frame">{data.title}</div>;
}

/** A picture of few things is not blown up. */
const FIT = { maxZoom: 1, padding: 0.02 };

const KINDS = { box: BoxView, frame: FrameView };

/** The layout says how large it is: nothing has to be measured before the picture can be fitted. */
function placed({ x, y, width, height }: Place) {
  return { position: { x, y }, width, height, measured: { width, height } };
}

function nodesOf(graph: Graph, open: ReadonlySet<string>, unfold: (id: string) => void): (BoxNode | FrameNode)[] {
  const { boxes, frames } = layout(graph);
  return [
    ...graph.frames.flatMap(({ id, title }): FrameNode[] => {
      const place = frames.get(id);
      return place ? [{ id, type: "frame", data: { title }, zIndex: -1, ...placed(place) }] : [];
    }),
    ...graph.boxes.flatMap((box): BoxNode[] => {
      const place = boxes.get(box.id);
      return place ? [{ id: box.id, type: "box", data: { box, unfold: open.has(box.id) ? undefined : () => unfold(box.id) }, ...placed(place) }] : [];
    }),
  ];
}

/** What is joined: how, or how much passes there now. */
const edgesOf = ({ joins }: Graph, readings: readonly Reading[], language: Language): Edge[] =>
  joins.map(({ from, to, status, carriers }) => {
    const bytes = load(readings, carriers);
    const label = bytes > 0 ? shown(bytes, "bytes") : inLanguage(language, status);
    return { id: `${from} ${to}`, source: from, target: to, label, ariaLabel: `${from} → ${to}`, className: `join ${status} ${bytes > 0 ? "busy" : ""}` };
  });

/** Shows all of the picture again whenever there is more or less in it, until somebody has moved it. */
function Fit({ of, moved }: { of: string; moved: boolean }) {
  const { fitView } = useReactFlow();
  useEffect(() => {
    if (!moved) void fitView(FIT);
  }, [fitView, moved, of]);
  return null;
}

interface Found {
  things: Things | undefined;
  error: Error | undefined;
}

/** After a gathering there is a rest of this many times what it took: where there is much, gathering is not all that is done. */
const REST = 3;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Everything there is, gathered anew whenever something has changed, one gathering after the other. */
function useThings(): Found {
  const { ask } = useSession();
  const { tick } = useLive();
  const [found, setFound] = useState<Found>({ things: undefined, error: undefined });
  const last = useRef(Promise.resolve());
  useEffect(() => {
    let overtaken = false;
    last.current = last.current.then(async () => {
      if (overtaken) return;
      const begin = Date.now();
      await gather(ask).then(
        (things) => setFound({ things, error: undefined }),
        (error: unknown) => setFound(({ things }) => ({ things, error: error as Error })),
      );
      await pause(REST * (Date.now() - begin));
    });
    return () => {
      overtaken = true;
    };
  }, [ask, tick]);
  return found;
}

export default function Topology() {
  const t = useWords();
  const { dark } = useTheme();
  const { language } = useLanguage();
  const { things, error } = useThings();
  const { readings } = useReadings();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [moved, setMoved] = useState(false);
  const graph = useMemo(() => things && fold(graphOf(things), open), [things, open]);
  const nodes = useMemo(() => graph && nodesOf(graph, open, (id) => setOpen((before) => new Set([...before, id]))), [graph, open]);
  return (
    <section>
      <div className="bar">
        <h2>{t("topology")}</h2>
        {open.size > 0 && <Button onClick={() => setOpen(new Set())}>{t("foldAgain")}</Button>}
      </div>
      <Problem error={error} />
      {things?.cut && <Alert type="info" showIcon title={t("notAllDrawn")} className="problem" />}
      {graph === undefined && error === undefined && <Spin />}
      {graph && nodes?.length === 0 && <Empty description={t("noTopology")} />}
      {graph && nodes && nodes.length > 0 && (
        <div className="topology">
          <ReactFlow
            aria-label={t("topology")}
            nodes={nodes}
            edges={edgesOf(graph, readings, language)}
            nodeTypes={KINDS}
            colorMode={dark ? "dark" : "light"}
            fitView
            fitViewOptions={FIT}
            onMoveStart={(event) => {
              // The program's own moves have no event.
              if (event) setMoved(true);
            }}
            minZoom={0.05}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            ariaLabelConfig={{
              "node.a11yDescription.default": t("pictureHint"),
              "node.a11yDescription.keyboardDisabled": t("pictureHint"),
              "edge.a11yDescription.default": t("pictureHint"),
              "controls.ariaLabel": t("controls"),
              "controls.zoomIn.ariaLabel": t("zoomIn"),
              "controls.zoomOut.ariaLabel": t("zoomOut"),
              "controls.fitView.ariaLabel": t("showAll"),
            }}
            proOptions={{ hideAttribution: true }}
          >
            <Fit of={nodes.map(({ id }) => id).join()} moved={moved} />
            <Background />
            <Controls showInteractive={false} />
          </ReactFlow>
        </div>
      )}
    </section>
  );
}
