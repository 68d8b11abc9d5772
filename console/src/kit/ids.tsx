// Ids that lead to what they name.
import { Fragment } from "react";
import { Link } from "react-router";

/** Where the page of a kind of resource is, by the beginning of its ids. */
const PAGES: [RegExp, string][] = [
  [/^vpc-/, "/vpc/vpcs"],
  [/^vsw-/, "/vpc/vswitches"],
  [/^vtb-/, "/vpc/routetables"],
  [/^i-/, "/ecs/instances"],
  [/^sg-/, "/ecs/securitygroups"],
  [/^pl-/, "/ecs/prefixlists"],
  [/^nlb-/, "/nlb/instances"],
  [/^sgp-/, "/nlb/servergroups"],
  [/^epsrv-/, "/privatelink/services"],
  [/^ep-/, "/privatelink/endpoints"],
];

/** The path of the page of what an id names, if it has one. */
export function pageOf(id: string): string | undefined {
  const page = PAGES.find(([beginning]) => beginning.test(id))?.[1];
  return page && `${page}/${id}`;
}

/** A sentence whose ids are links. It is shown outside of the pages too, so that its links are plain ones. */
export function Sentence({ text }: { text: string }) {
  return text.split(/\b((?:vpc|vsw|vtb|i|sg|pl|nlb|sgp|epsrv|ep)-[a-z0-9]{6,})\b/).map((part, index) => {
    const page = index % 2 === 1 ? pageOf(part) : undefined;
    return page ? (
      <a key={index} href={`/console${page}`} className="named">
        {part}
      </a>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    );
  });
}

/** Ids, each a way to its page if it has one. */
export function Ids({ of }: { of: string[] }) {
  const ids = of.filter((id) => id !== "");
  if (ids.length === 0) return "–";
  return ids.map((id, index) => {
    const page = pageOf(id);
    return (
      <Fragment key={id}>
        {index > 0 && ", "}
        {page ? (
          <Link to={page} className="named">
            {id}
          </Link>
        ) : (
          id
        )}
      </Fragment>
    );
  });
}
