// Curves over time, with their values at the moment that is pointed at, or the last.
import { useEffect, useRef, useState } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useLanguage, useWords, type Language } from "../i18n/index.tsx";
import { useTheme } from "../shell/theme.tsx";
import { shown, type Curve } from "./readings.ts";

const HEIGHT = 180;
const COLOURS = { light: ["#0958d9", "#ad4e00", "#531dab"], dark: ["#69b1ff", "#ffc069", "#b37feb"] };
const FRAME = { light: { stroke: "#595959", grid: "#e8e8e8" }, dark: { stroke: "#a6a6a6", grid: "#303030" } };
/** The side on which the numbers of a second scale stand. The package declares the names of sides, and exports none. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const RIGHT: UPlot.Axis.Side = 1;
/** Width of the numbers beside a curve, pixels. */
const NUMBERS = 84;

type Plotted = Pick<Curve, "name" | "unit">;

/** What a plot is made of. */
interface Look {
  curves: Plotted[];
  dark: boolean;
  language: Language;
  width: number;
  point: (index: number | null) => void;
}

/** From the first reading to the last, at least a minute. After one alone the library would show a day. */
function span(_: UPlot, first: number | null, last: number | null): [number, number] {
  const now = Date.now() / 1000;
  const end = Math.min(last ?? now, now);
  return [Math.min(first ?? end, end - 60), end];
}

function options({ curves, dark, language, width, point }: Look): UPlot.Options {
  const theme = dark ? "dark" : "light";
  const { stroke, grid } = FRAME[theme];
  const axis = { stroke, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  // What is counted and what has another unit are not compared: each has a scale.
  const units = [...new Set(curves.map(({ unit }) => unit))];
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { range: span }, ...Object.fromEntries(units.map((unit) => [unit, { range: (_, __, most: number) => [0, Math.max(1, most * 1.1)] satisfies [number, number] }])) },
    axes: [
      { ...axis, values: (_, times: number[]) => times.map((time) => new Date(time * 1000).toLocaleTimeString(language)), space: 90 },
      ...units.map((unit, index) => ({
        ...axis,
        scale: unit,
        size: NUMBERS,
        ...(index === 0 ? {} : { side: RIGHT }),
        grid: { ...axis.grid, show: index === 0 },
        values: (_: UPlot, values: number[]) => values.map((value) => shown(value, unit)),
      })),
    ],
    series: [{}, ...curves.map(({ unit }, index) => ({ scale: unit, stroke: COLOURS[theme][index] ?? stroke, width: 2, points: { show: false } }))],
    hooks: { setCursor: [(plot) => point(plot.cursor.idx ?? null)] },
  };
}

export default function Plot({ title, times, curves }: { title: string; times: number[]; curves: Curve[] }) {
  const t = useWords();
  const { dark } = useTheme();
  const { language } = useLanguage();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const [pointed, point] = useState<number | null>(null);
  const kinds = JSON.stringify(curves.map(({ name, unit }): Plotted => ({ name, unit })));
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new UPlot(options({ curves: JSON.parse(kinds) as Plotted[], dark, language, width: element.clientWidth, point }), [[]], element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [kinds, dark, language]);
  useEffect(() => {
    plot.current?.setData([times, ...curves.map(({ values }) => values)]);
  }, [times, curves, kinds, dark, language]);
  const told = curves.map(({ name, unit, values }) => `${t(name)} ${shown(pointed === null ? values.at(-1) : values[pointed], unit)}`);
  const colours = COLOURS[dark ? "dark" : "light"];
  return (
    <figure className="plot" aria-label={title}>
      <figcaption>
        <strong>{title}</strong>
        {told.map((one, index) => (
          <span key={curves[index]?.name}>
            <i style={{ background: colours[index] }} /> {one}
          </span>
        ))}
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${told.join(", ")}`} />
    </figure>
  );
}
