// Text that is there to be copied.
import { Typography } from "antd";

export function Copy({ text }: { text: string }) {
  if (text === "") return <span>–</span>;
  return (
    <Typography.Text copyable={{ text }} className="mono">
      {text}
    </Typography.Text>
  );
}

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <Typography.Paragraph copyable={{ text }} className="code">
      <pre role="group" aria-label={label} tabIndex={0}>
        {text}
      </pre>
    </Typography.Paragraph>
  );
}
